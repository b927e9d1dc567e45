#!/bin/sh
# quickstart_elsewhere.sh FOLDER QUICKSTART: on systems without Debian's tools, quickstart.sh goes on where CMake finds
# everything, and else names what to install in that system's words.
set -eu
folder=$1 quickstart=$2
rm -rf "$folder"
mkdir -p "$folder/bin" "$folder/project"
cp "$quickstart" "$folder/project/quickstart.sh"
for tool in bash sh dirname cat mkdir nproc id grep; do
    ln -s "$(command -v $tool)" "$folder/bin/$tool"
done
cd "$folder/project"

put() { printf '#!/bin/sh\n%s\n' "$2" >"$folder/bin/$1" && chmod +x "$folder/bin/$1"; }
expect() { # expect TEXT EXIT: what quickstart.sh prints and gives
    status=0
    printed=$(PATH="$folder/bin" bash quickstart.sh course 2>&1) || status=$?
    case $printed in *"$1"*) ;; *) echo "expected \"$1\", but was: $printed" && exit 1 ;; esac
    [ $status = "$2" ] || { echo "expected exit $2, but was $status" && exit 1; }
}

expect "cmake was not found" 1
expect "conda install -c conda-forge" 1
put cmake 'echo "trine: TRINE_XTENSOR_BLAS_INCLUDE_DIR was not found"; exit 1'
expect "TRINE_XTENSOR_BLAS_INCLUDE_DIR was not found" 1
for system in "brew install" "pacman -S" "dnf install"; do
    put "${system%% *}" :
    expect "    $system" 1
done
put cmake :
expect "The programs of the course are built" 0
echo "quickstart.sh names what is missing elsewhere"
