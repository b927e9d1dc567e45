#!/bin/sh
# Makes a wheel without a network, and uses it from elsewhere: wheel.sh PYTHON SOURCES BUILD FOLDER
set -eu
python=$1 sources=$2 build=$3 folder=$4
if ! "$python" -c 'import setuptools, wheel, pip' 2>/dev/null; then
    echo "not checked: pip, setuptools or wheel was not found"
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/sources"
# Setuptools writes beside the sources: into a copy, then, at a place from which the rest is where it was.
cp -r "$sources/pyproject.toml" "$sources/setup.py" "$sources/package" "$folder/sources"
sed -i "s|^ROOT = .*|ROOT = pathlib.Path('$sources/../..')|" "$folder/sources/setup.py"
export TRINE_BUILD="$build"
"$python" -m pip wheel "$folder/sources" --no-build-isolation --no-deps --no-index --wheel-dir "$folder" --quiet
"$python" -m zipfile -e "$folder"/trine-*.whl "$folder/unpacked"
cd /
PYTHONPATH="$folder/unpacked" "$python" -c '
import numpy, trine
e = numpy.eye(4, 8, dtype=numpy.float32)
assert trine.__file__.startswith("'"$folder"'")
assert trine.objective()(e, [0, 0, 1, 1]).chosen == 8
print("the wheel works")'
