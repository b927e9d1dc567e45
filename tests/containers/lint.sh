#!/bin/sh
# Looks through Dockerfiles by a linter, for no container engine is needed to see what is misspelt: lint.sh FOLDER_TO_WORK_IN NPM NODE DOCKERFILE…
set -eu
work=$1 npm=$2 node=$3
shift 3
mkdir -p "$work"
cp "$(dirname "$0")/package.json" "$(dirname "$0")/package-lock.json" "$(dirname "$0")/.npmrc" "$work/"
(cd "$work" && "$npm" ci --ignore-scripts --no-audit --no-fund >/dev/null)
lint() { "$node" "$work/node_modules/dockerfile-utils/bin/dockerfile-utils" lint "$1"; }
for file; do
    lint "$file"
    # Shell is looked through by a shell: what RUN runs has to parse.
    awk '/^RUN /{ inside = 1; sub(/^RUN /, "") } inside { print } inside && !/\\$/ { inside = 0 }' "$file" | sh -n
done
# And it would have said something.
printf 'FROM debian\nRUM true\n' > "$work/misspelt"
! lint "$work/misspelt" || { echo "the linter finds nothing"; exit 1; }
echo "$# Dockerfiles are as they should be"
