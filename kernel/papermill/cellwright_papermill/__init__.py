"""TypeScript for papermill: parameters, and what ``--help-notebook`` says of them."""

# papermill imports this package while it is being imported itself. Whoever imports this package first goes the same way.
import papermill as _papermill  # noqa: F401
