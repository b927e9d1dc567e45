#!/bin/sh
# No header includes what its layer may not: layers.sh ARCHITECTURE.md INCLUDE_FOLDER
# The table of the first says which layers there are, and what each includes besides itself.
set -eu
document=$1 include=$2
# What only some systems have is asked for in few headers, each with what it does elsewhere.
for header in $(grep -rlE '#include <(unistd|fcntl|io|windows|sys/[a-z]+)\.h>' "$include" | sort); do
    case ${header#"$include/trine/"} in
    core/buffer.hpp | distributed/placement_impl.hpp | io/memory_file_impl.hpp | io/system_file_impl.hpp) ;;
    *) echo "$header: asks the system; for files there is io/system_file.hpp" && exit 1 ;;
    esac
done
find "$include/trine" -mindepth 2 -name '*.hpp' | sort | xargs awk -v document="$document" -v root="$include/trine/" '
function trim(text) { gsub(/^[ `]+|[ `]+$/, "", text); return text }
function layer_of(path) { return path ~ /^kernels\/isa\// ? "kernels/isa" : substr(path, 1, index(path, "/") - 1) }
BEGIN {
    while ((getline line < document) > 0)
        if (line ~ /^\| `[a-z\/]+` \|/ && split(line, cell, "|") == 5) {
            name = trim(cell[2]); known[name] = 1; layers++
            count = split(cell[4], parts, ",")
            for (i = 1; i <= count; i++)
                if (trim(parts[i]) != "") may[name, trim(parts[i])] = 1
        }
    if (layers < 10) { print document ": the table of layers was not found"; bad = 1; exit 1 }
}
/^#include "/ {
    own = substr(FILENAME, length(root) + 1)
    split($0, quoted, "\"")
    folder = own; sub(/[^\/]*$/, "", folder)
    path = folder quoted[2]
    while (sub(/[^\/]+\/\.\.\//, "", path)) {}
    from = layer_of(own); to = layer_of(path)
    checked++
    if (!(from in known)) { print own ": the folder " from " is no layer of " document; bad++ }
    else if (from != to && !((from, to) in may)) { print own ":" FNR ": " from " does not include " to ", but this is " path; bad++ }
}
END {
    if (bad) exit 1
    print checked " includes of " layers " layers are as the table says"
}'
