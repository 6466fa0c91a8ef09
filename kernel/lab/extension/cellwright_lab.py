"""A notebook that is saved without its kernel keeps the state of its widgets.

JupyterLab's widget manager saves the models that have a comm. In a notebook that was opened again, or whose kernel was restarted or shut down, none has one, and the next save would take the state
out of the file while the outputs still refer to it. So before a notebook is written, what its outputs refer to and what it lacks is taken over from the file that it replaces.

A server extension with a pre-save hook of Jupyter Server; `cellwright lab` enables it for its own server only.
"""

import json
import os

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


def _load_jupyter_server_extension(server):
    # Not before the server runs: an extension that is loaded later (Jupytext's) may exchange the contents manager.
    server.io_loop.add_callback(lambda: server.contents_manager.register_pre_save_hook(keep_widgets))


def _jupyter_server_extension_points():
    return [{"module": "cellwright_lab"}]


def keep_widgets(model, path, contents_manager, **_):
    notebook = model.get("content")
    if model.get("type") != "notebook" or not isinstance(notebook, dict):
        return
    state = states_of(notebook)
    missing = [model_id for model_id in shown_models(notebook) if model_id not in state]
    if not missing:
        return
    try:
        file = os.path.join(contents_manager.root_dir, *path.split("/"))
        with open(file, encoding="utf-8") as stream:
            saved = states_of(json.load(stream))
    except (OSError, ValueError):
        return  # the first save, or no files: there is nothing to take over
    kept = {}
    while missing:
        model_id = missing.pop()
        if model_id in saved and model_id not in kept and model_id not in state:
            kept[model_id] = saved[model_id]
            missing.extend(references(saved[model_id].get("state")))
    if kept:
        widgets = notebook.setdefault("metadata", {}).setdefault("widgets", {})
        empty = {"version_major": 2, "version_minor": 0, "state": {}}
        widgets.setdefault(STATE, empty).setdefault("state", {}).update(kept)


def states_of(notebook):
    widgets = notebook.get("metadata", {}).get("widgets", {})
    return widgets.get(STATE, {}).get("state", {})


def shown_models(notebook):
    """The models whose views the outputs show."""
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get(VIEW)
            if isinstance(view, dict) and view.get("model_id"):
                yield view["model_id"]


def references(value):
    """Texts that may name another model: ours are ids, those of ipywidgets begin with IPY_MODEL_."""
    if isinstance(value, str) and len(value) < 100:
        yield value.removeprefix("IPY_MODEL_")
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from references(part)
