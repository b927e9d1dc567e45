#!/bin/sh
# The grader as students and teachers run it: points.sh EXERCISE PROJECT FOLDER_TO_WORK_IN
set -eu
exercise=$1 project=$2 work=$3
rm -rf "$work"
mkdir -p "$work/tmp"
export TMPDIR="$work/tmp"
cd "$project"
fail() { echo "$1"; exit 1; }
expect() { # expect STATUS TEXT COMMAND…
    expected=$1 text=$2 status=0
    shift 2
    printed=$("$@" 2>&1) || status=$?
    [ "$status" = "$expected" ] || fail "$*: exit $status in place of $expected: $printed"
    echo "$printed" | grep -q -- "$text" || fail "$*: no \"$text\" in: $printed"
}
# What students get compiles without a warning, and has no points.
expect 2 "there is nothing here yet" "$exercise" 4
expect 2 "all *0 of 120" "$exercise" --all --json "$work/nothing.json"
[ "$(grep -o '"verdict":"not written"' "$work/nothing.json" | wc -l)" = "$(grep -o '"verdict"' "$work/nothing.json" | wc -l)" ] ||
    fail "a skeleton is more than not written: $(cat "$work/nothing.json")"
[ "$(grep -o '"compiler":""' "$work/nothing.json" | wc -l)" = 12 ] || fail "a skeleton compiles with warnings: $(cat "$work/nothing.json")"
# Solutions have all points; where the library has it faster, there is a table.
expect 0 "10 of 10 points" "$exercise" 4 --from tests/exercises/solutions
echo "$printed" | grep -q "triplets of a batch .* ms" || fail "no comparison: $printed"
expect 0 "10 of 10 points" "$exercise" 5 --file tests/exercises/solutions/05_semi_hard.cpp
# A teacher's checks, another seed, points in files.
expect 2 "shift is 0" "$exercise" 4 --tests tests/exercises/hidden
expect 0 "all *125 of 125" "$exercise" --all --from tests/exercises/solutions --seed 77 --tests tests/exercises/hidden --json "$work/points.json" --junit "$work/points.xml"
expect 2 "not compiled: the loss of a triplet" "$exercise" --all --from tests/exercises/hostile --junit "$work/none.xml"
for file in points.json points.xml; do
    [ "$(stat -c %a "$work/$file")" = 600 ] || fail "$file can be read by others"
done
grep -q '"points":125' "$work/points.json" || fail "$(cat "$work/points.json")"
grep -q '<testsuites name="exercises" tests="[1-9][0-9]" failures="0" skipped="0">' "$work/points.xml" || fail "$(cat "$work/points.xml")"
grep -q '<failure type="not compiled"' "$work/none.xml" || fail "$(cat "$work/none.xml")"
if command -v python3 >/dev/null; then
    python3 - "$work" <<'P'
import json, sys, xml.etree.ElementTree as tree
points = json.load(open(sys.argv[1] + "/points.json"))
assert points["of"] == sum(c["of"] for e in points["exercises"] for c in e["checks"])
assert len(tree.parse(sys.argv[1] + "/points.xml").getroot().findall("testsuite/testcase")) == sum(len(e["checks"]) for e in points["exercises"])
P
fi
# What is not meant is refused.
expect 1 "say either the number of an exercise" "$exercise"
expect 1 "say either the number of an exercise" "$exercise" 4 --all
expect 105 "whole number from 0 to 11, not 12" "$exercise" 12
expect 1 "there is no such file" "$exercise" 4 --from "$work"
expect 1 "holds no checks" "$exercise" 4 --tests "$work"
expect 1 "there is no such folder" "$exercise" 4 --tests "$work/none"
mkdir "$work/broken" "$work/other"
echo "CHECK(4" >"$work/broken/04.cpp"
expect 1 "04.cpp: does not compile" "$exercise" 4 --tests "$work/broken"
cp tests/exercises/solutions/04_triplet_loss.cpp "$work/other/"
expect 1 "04_triplet_loss.cpp: adds no checks" "$exercise" 4 --tests "$work/other"
# Who interrupts it finds nothing left behind.
cat > "$work/endless.cpp" <<'C'
#include "exercise.hpp"
exercises::triplet_value own_loss(double, double) {
    for (unsigned volatile i = 0;;)
        i = i + 1;
}
EXERCISE(9, own_loss)
C
"$exercise" 9 --file "$work/endless.cpp" --seconds 3600 >/dev/null 2>"$work/interrupted.txt" &
grader=$!
until [ -e "$TMPDIR"/*/checked.so ]; do sleep 0.1; done
kill -TERM $grader
status=0
wait $grader || status=$?
[ $status = 1 ] && grep -q "exercise: interrupted" "$work/interrupted.txt" || fail "interrupted: exit $status, $(cat "$work/interrupted.txt")"
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
echo "points are given as they should be"
