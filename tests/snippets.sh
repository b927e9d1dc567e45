#!/bin/sh
# Compiles every C++ block of the documents: snippets.sh FOLDER_TO_WORK_IN DOCUMENT… -- COMPILER FLAG…
set -eu
work=$1
shift
rm -rf "$work"
mkdir -p "$work"
count=0
while [ "$1" != "--" ]; do
    # Each block goes to a file of its own, named after its document and its first line.
    awk -v base="$work/$(basename "$1" .md)" '/^```cpp$/ { file = base "_" NR ".cpp"; inside = 1; next } /^```$/ { inside = 0 } inside { print > file }' "$1"
    shift
done
shift
# The whole library, which many of them include, is read once for all, as GCC can.
once=$work/once/trine.hpp
mkdir -p "$work/once"
echo '#include <trine/trine.hpp>' >"$once"
case $("$@" --version) in *"Free Software Foundation"*) "$@" -x c++-header "$once" -o "$once.gch" ;; esac
for file in "$work"/*.cpp; do
    [ -e "$file" ] || continue
    echo "compiling $file"
    if [ -e "$once.gch" ] && grep -q '^#include <trine/trine.hpp>' "$file"; then
        "$@" -fsyntax-only -include "$once" "$file"
    else
        "$@" -fsyntax-only "$file"
    fi
    count=$((count + 1))
done
echo "$count snippets compile"
