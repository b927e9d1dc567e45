#!/bin/sh
# The commands of a document, as a reader would copy them.
#
#   commands.sh run   FOLDER BUILD DOCUMENT…   runs every line of its sh blocks in a folder where build/release is the build,
#                                              and the exercises are solved
#   commands.sh check FOLDER BUILD DOCUMENT…   looks whether the programs that they name are there and know the options: for what takes hours or photos
set -eu
mode=$1 work=$2 build=$3 tests=$(cd "$(dirname "$0")" && pwd)
shift 3
rm -rf "$work"
mkdir -p "$work/build" "$work/examples"
ln -s "$build" "$work/build/release"
ln -s "$tests/exercises/solutions" "$work/examples/exercises"
count=0
for document; do
    script=$work/$(basename "$document" .md).sh
    awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$document" > "$script"
    if [ "$mode" = run ]; then
        [ -s "$script" ] || { echo "$document: has no commands"; exit 1; }
        (cd "$work" && sh -eux "$script")
        count=$((count + $(grep -c . "$script")))
        continue
    fi
    grep -oE 'build/release/((examples|benchmarks|tests)/|exercise ).*' "$script" > "$script.programs" || true
    while read -r line; do
        line=${line%%#*}
        program=$work/${line%% *}
        [ -x "$program" ] || { echo "$document: $program is not there"; exit 1; }
        "$program" --help > "$script.help" 2>&1 || true
        second=$(echo "$line" | awk '{ print $2 }')
        case $second in [a-z]*) "$program" "$second" --help >> "$script.help" 2>&1 || true ;; esac
        for option in $(echo "$line" | grep -oE -- '(^| )--[a-z_-]+' || true); do
            grep -q -- "$option" "$script.help" || { echo "$document: $line: there is no $option"; exit 1; }
        done
        count=$((count + 1))
    done < "$script.programs"
done
echo "$count commands of the documents $( [ "$mode" = run ] && echo run || echo exist )"
