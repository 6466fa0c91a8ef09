"""Prints as JSON what TensorBoard reads in a folder of event files.

    python tests/golden/metrics/read_tensorboard.py FOLDER
"""

import base64
import dataclasses
import json
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util


def number(value):
    """JSON has no NaN and no infinities."""
    return value if abs(value) < float("inf") else str(value)


def read(folder):
    found = event_accumulator.EventAccumulator(folder, event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE)
    found.Reload()
    tags = found.Tags()
    result = {"scalars": {}, "images": {}, "histograms": {}, "texts": {}, "hparams": {}}
    for tag in tags["scalars"]:
        result["scalars"][tag] = [[e.step, number(e.value)] for e in found.Scalars(tag)]
    for tag in tags["images"]:
        result["images"][tag] = [
            [e.step, e.width, e.height, base64.b64encode(e.encoded_image_string).decode()] for e in found.Images(tag)
        ]
    for tag in tags["histograms"]:
        result["histograms"][tag] = [[e.step, dataclasses.asdict(e.histogram_value)] for e in found.Histograms(tag)]
    for tag in tags["tensors"]:
        plugin = found.SummaryMetadata(tag).plugin_data
        if plugin.plugin_name == "text":
            texts = [[e.step, tensor_util.make_ndarray(e.tensor_proto).item().decode()] for e in found.Tensors(tag)]
            result["texts"][tag] = texts
        elif plugin.plugin_name == "hparams":
            data = plugin_data_pb2.HParamsPluginData.FromString(plugin.content)
            if data.HasField("session_start_info"):
                values = {}
                for name, value in sorted(data.session_start_info.hparams.items()):
                    values[name] = getattr(value, value.WhichOneof("kind"))
                result["hparams"]["start"] = values
                result["hparams"]["group"] = data.session_start_info.group_name
            if data.HasField("session_end_info"):
                result["hparams"]["status"] = data.session_end_info.status
    return result


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1]), sort_keys=True))
