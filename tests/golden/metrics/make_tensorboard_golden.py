"""Makes tensorboard.json: an event file as TensorBoard's own protocol buffers and record writer make it, and what
TensorBoard's reader finds in it. Made with tensorboard 2.21.0.

    pip install tensorboard && python tests/golden/metrics/make_tensorboard_golden.py

`read_tensorboard.py` beside it reads any folder in the same way.
"""

import base64
import io
import json
import pathlib
import struct
import tempfile
import zlib

import numpy
from read_tensorboard import read
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c, masked_crc32c
from tensorboard.plugins.hparams import metadata, plugin_data_pb2
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height):
    rows = b"".join(b"\0" + bytes((x * 40 + y) % 256 for x in range(3 * width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def canonical(summary):
    """Map entries in the order of their keys: their order is the serializer's choice otherwise."""
    plugin_data = summary.value[0].metadata.plugin_data
    parsed = plugin_data_pb2.HParamsPluginData.FromString(plugin_data.content)
    plugin_data.content = parsed.SerializeToString(deterministic=True)
    return summary


def session_end_pb(status, end_time_secs):
    """As in tensorboard.plugins.hparams.summary, which needs TensorFlow."""
    info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=end_time_secs)
    data = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=info))
    value = summary_pb2.Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=data, tensor=metadata.NULL_TENSOR)
    return summary_pb2.Summary(value=[value])


def scalars(**values):
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=v) for tag, v in values.items()])


picture = png(3, 2)
values = numpy.array([-1.5, -1.0, 0.0, 0.0, 0.25, 0.5, 2.5])
counts, edges = numpy.histogram(values, bins=4)
histogram = summary_pb2.HistogramProto(
    min=values.min(), max=values.max(), num=len(values), sum=values.sum(), sum_squares=(values**2).sum(),
    bucket_limit=edges[1:], bucket=counts,
)
alike = summary_pb2.HistogramProto(min=0, max=0, num=2, sum=0, sum_squares=0, bucket_limit=[0], bucket=[2])
image = summary_pb2.Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=picture)
start = 1795000000.25
settings = {"learning rate": 0.1, "optimizer": "adam", "mixup": True, "mirror": False, "größe": 3, "zero": 0, "none": ""}
summaries = [
    (0, scalars(loss=0.0)),
    (1, scalars(loss=0.75, accuracy=0.5)),
    (300, scalars(loss=float("nan"), accuracy=float("-inf"))),
    (2**40, scalars(loss=1 / 3)),
    (7, summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="images/first", image=image)])),
    (8, summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="weights", histo=histogram)])),
    (9, summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="zeros", histo=alike)])),
    (10, text_pb("note", "**größer** 中文 🐈")),
    (11, text_pb("empty", "")),
    (0, canonical(hparams_pb(settings, trial_id="first", start_time_secs=start))),
    (0, session_end_pb(2, end_time_secs=start)),
    (0, session_end_pb(1, end_time_secs=start)),
]
events = [
    event_pb2.Event(
        wall_time=start, file_version="brain.Event:2", source_metadata=event_pb2.SourceMetadata(writer="cellwright")
    )
]
events += [event_pb2.Event(wall_time=start, step=step, summary=summary) for step, summary in summaries]

log_start = event_pb2.Event(
    wall_time=start, step=12, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)
)

stream = io.BytesIO()
writer = RecordWriter(stream)
for event in [*events, log_start]:
    writer.write(event.SerializeToString(deterministic=True))
data = stream.getvalue()

# What TensorBoard finds in all but the restart, which would make it forget the later steps.
stream = io.BytesIO()
writer = RecordWriter(stream)
for event in events:
    writer.write(event.SerializeToString(deterministic=True))
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "events.out.tfevents.1.host.1.0").write_bytes(stream.getvalue())
    found = read(folder)

checks = [b"", b"123456789", bytes(range(256)), b"\0" * 32, b"\xff" * 32]
golden = {
    "start": start,
    "png": base64.b64encode(picture).decode(),
    "values": values.tolist(),
    "settings": settings,
    "file": base64.b64encode(data).decode(),
    "read": found,
    "crc32c": [[base64.b64encode(check).decode(), crc32c(check), masked_crc32c(check)] for check in checks],
}
path = pathlib.Path(__file__).parent / "tensorboard.json"
path.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
