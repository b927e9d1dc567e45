#!/bin/sh
# shared_study.sh FOLDER PROGRAM OPTIONS…: FOLDER/whole holds a study that one process made. The same is made by a process
# that is killed, and gone on with by two at once; the figures are the same, and no run is made twice.
set -eu
folder=$1
shift
rm -rf "$folder/shared"
"$@" --output "$folder/shared" > "$folder/killed.txt" 2>&1 &
killed=$!
tries=0
while [ "$(find "$folder/shared/runs" -name '*.json' 2> /dev/null | wc -l)" -lt 3 ] && [ $tries -lt 600 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -9 $killed 2> /dev/null || true
wait $killed 2> /dev/null || true
"$@" --output "$folder/shared" > "$folder/first.txt" 2>&1 &
first=$!
"$@" --output "$folder/shared" > "$folder/second.txt" 2>&1 &
second=$!
wait $first
wait $second
for file in results.csv tries.csv pairs.csv; do
    cmp "$folder/whole/$file" "$folder/shared/$file"
done
# Who is killed may leave a lock that nobody holds.
[ "$(find "$folder/whole/runs" -name '*.json' | wc -l)" -eq "$(find "$folder/shared/runs" -name '*.json' | wc -l)" ]
# Each run was announced once: by the process that made it.
made=$(cat "$folder/first.txt" "$folder/second.txt" | grep '^\[' | sed 's/^\[[0-9/]*\] //; s/:.*//' | sort)
[ "$(echo "$made" | uniq -d | wc -l)" -eq 0 ]
echo "the same figures, interrupted and shared"
