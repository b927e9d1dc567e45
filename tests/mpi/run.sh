#!/bin/sh
# Several processes of MPI do what one does, and end together:
#
#   run.sh ranks    MPIRUN WORKER
#   run.sh training MPIRUN TRAIN_FACES FOLDER
#   run.sh search   MPIRUN GALLERY FOLDER MODEL PHOTOS
set -eu
what=$1 mpirun=$2 program=$3 folder=${4:-}
options=
if "$mpirun" --version 2>&1 | grep -q "Open MPI"; then
    options=--oversubscribe
    # It wants to be asked twice to be run by root, as tests in containers are.
    if [ "$(id -u)" = 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
fi
fail() {
    echo "$1"
    [ -z "${2:-}" ] || cat "$2"
    exit 1
}
# Starts ranks whose output is wanted: start COUNT PROGRAM ARGUMENTS…
start() {
    count=$1
    shift
    "$mpirun" $options -np "$count" "$@"
}
output=$(mktemp)
trap 'rm -f "$output"' EXIT
if ! start 1 true > "$output" 2>&1; then
    echo "not checked: $mpirun starts nothing here: $(head -n 3 "$output" | tr '\n' ' ')"
    exit 0
fi

if [ "$what" = ranks ]; then
    for count in 2 4; do
        start "$count" "$program" agree > "$output" 2>&1 || fail "$count ranks do not agree:" "$output"
        grep -q "$count ranks agree" "$output" || fail "$count ranks said nothing:" "$output"
    done
    start 3 "$program" throw > "$output" 2>&1 && fail "nobody noticed that a rank had thrown" "$output"
    grep -q "rank 1 of 3, on .*: had enough" "$output" || fail "nobody said what a rank had thrown:" "$output"
    start 2 "$program" throw_all > "$output" 2>&1 || fail "ranks that threw together were ended:" "$output"
    [ "$(grep -c "all ranks: all have had enough" "$output")" = 2 ] || fail "not all ranks threw on:" "$output"
    start 2 "$program" die > "$output" 2>&1 && fail "nobody noticed that a rank had died" "$output"
    echo "ranks agree, and end together"
    exit 0
fi

rm -rf "$folder"
mkdir -p "$folder"

if [ "$what" = search ]; then
    model=$5 photos=$6
    "$program" create "$folder/people" --model "$model" --data "$photos" > "$output" 2>&1 || fail "no gallery:" "$output"
    find "$photos" -type f > "$folder/queries"
    # What the launcher says of its networks is not compared.
    for k in 1 2; do
        "$program" find "$folder/people" --model "$model" -k $k --json $(cat "$folder/queries") > "$folder/one"
        start 3 "$program" find "$folder/people" --model "$model" -k $k --json $(cat "$folder/queries") > "$folder/many" 2> "$output" || fail "ranks find nothing:" "$output"
        cmp "$folder/one" "$folder/many" || fail "ranks find others:" "$folder/many"
        start 2 "$program" find "$folder/people" --model "$model" -k $k --json - < "$folder/queries" > "$folder/many" 2> "$output" || fail "ranks find nothing:" "$output"
        cmp "$folder/one" "$folder/many" || fail "ranks find others by standard input:" "$folder/many"
    done
    start 2 "$program" find "$folder/people" --model "$model" -k 9 - < "$folder/queries" > "$output" 2>&1 && fail "there are no nine photos" "$output"
    grep -q ": k = 9 nearest neighbours of a gallery of 2 photos" "$output" || fail "nobody said that there are no nine photos:" "$output"
    start 2 "$program" remove "$folder/people" --name Ada > "$output" 2>&1 && fail "two ranks removed somebody" "$output"
    grep -q "several ranks find together" "$output" || fail "nobody said what ranks are for:" "$output"
    echo "ranks find the same"
    exit 0
fi
train() { # OUTPUT COUNT OPTIONS…
    name=$1 count=$2
    shift 2
    start "$count" "$program" --synthetic-people 8 --synthetic-photos 6 --average 0.9 --output "$folder/$name" "$@" > "$folder/$name.txt" 2>&1
}
same() {
    cmp "$folder/$1/model.safetensors" "$folder/$2/model.safetensors" || fail "$2 differs from $1:" "$folder/$2.txt"
}
# In as many chunks as ranks, when nobody says how many.
"$program" --synthetic-people 8 --synthetic-photos 6 --average 0.9 --epochs 30 --chunks 4 --threads 2 --output "$folder/one" > "$folder/one.txt" 2>&1 || fail "one process failed:" "$folder/one.txt"
train four 4 --epochs 30 || fail "four ranks failed:" "$folder/four.txt"
same one four
[ "$(cut -d, -f1-7 "$folder/one/training.csv")" = "$(cut -d, -f1-7 "$folder/four/training.csv")" ] || fail "four ranks log something else" "$folder/four/training.csv"
grep -q "4 ranks on 1 machine, [0-9]* thread" "$folder/four.txt" || fail "nobody said where the ranks are:" "$folder/four.txt"
grep -q "MB a step" "$folder/four.txt" || fail "nobody said what was exchanged:" "$folder/four.txt"

# A rank is killed when there is a checkpoint; what is left goes on with fewer ranks.
train killed 4 --epochs 30 &
launcher=$!
while kill -0 "$launcher" 2> /dev/null && [ ! -e "$folder/killed/checkpoint.safetensors" ]; do sleep 0.05; done
# Of the processes that the launcher has begun, one that is not the first.
victim=
for process in /proc/[0-9]*; do
    cat "$process/cmdline" 2> /dev/null | tr '\0' ' ' | grep -q "train_faces .*$folder/killed" || continue
    cat "$process/environ" 2> /dev/null | tr '\0' '\n' | grep -qE '^(OMPI_COMM_WORLD_RANK|PMI_RANK)=2$' || continue
    victim=${process#/proc/}
done
if [ -n "$victim" ] && kill -9 "$victim" 2> /dev/null; then
    wait "$launcher" && ! grep -q "trained in" "$folder/killed.txt" && fail "nobody noticed that a rank had died:" "$folder/killed.txt"
fi
wait "$launcher" || true
cp "$folder/killed.txt" "$folder/victim.txt"
train killed 2 --epochs 30 --chunks 4 --resume || fail "a run could not go on with fewer ranks:" "$folder/killed.txt"
same one killed

train wrong 2 --data "$folder/nobody" && fail "nobody missed the photos:" "$folder/wrong.txt"
[ "$(grep -c "there is no such folder" "$folder/wrong.txt")" = 1 ] || fail "not said once:" "$folder/wrong.txt"
echo "ranks train the same bits"
