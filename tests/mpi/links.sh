#!/bin/sh
# Ranks on machines of their own, as far as one machine can play several: each in a network namespace with a name and an
# address, behind links that are as slow as is said. Over each, a run has the bits of one process; then a rank is killed,
# and a link is cut, and the run ends on all and is gone on with. For Linux, Open MPI and root.
#
#   links.sh FOLDER BUILD [MACHINES] [RATE…]      links.sh /tmp/links build/release 4 1gbit 100mbit
set -eu
folder=$1 build=$(cd "$2" && pwd) machines=${3:-2}
shift 2
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 1gbit 100mbit
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
all=$(seq 1 "$machines")

clean() {
    for i in $all; do ip netns del "trine-$i" 2> /dev/null || true; done
    ip netns del trine-hub 2> /dev/null || true
}
trap clean EXIT
clean
ip netns add trine-hub
ip -n trine-hub link add bridge0 type bridge
ip -n trine-hub link set bridge0 up
: > "$folder/hosts"
for i in $all; do
    ip netns add "trine-$i"
    ip -n trine-hub link add "port$i" type veth peer name eth0 netns "trine-$i"
    ip -n trine-hub link set "port$i" master bridge0 up
    ip -n "trine-$i" addr add "10.77.0.$i/24" dev eth0
    ip -n "trine-$i" link set eth0 up
    ip -n "trine-$i" link set lo up
    echo "10.77.0.$i slots=1" >> "$folder/hosts"
done
shape() { # both ways of every link
    for i in $all; do
        ip netns exec "trine-$i" tc qdisc replace dev eth0 root tbf rate "$1" burst 256kb latency 50ms
        ip netns exec trine-hub tc qdisc replace dev "port$i" root tbf rate "$1" burst 256kb latency 50ms
    done
}
# What mpirun takes for ssh.
cat > "$folder/agent" <<'A'
#!/bin/sh
host=$1
shift
exec ip netns exec "trine-${host##*.}" unshare --uts sh -c "hostname machine-${host##*.}; $*"
A
chmod 700 "$folder/agent"
train() { # OUTPUT OPTIONS…
    name=$1
    shift
    ip netns exec trine-1 unshare --uts sh -c "hostname machine-1; exec mpirun --hostfile '$folder/hosts' -np $machines \
        --mca plm_rsh_agent '$folder/agent' --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 \
        --mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3 --bind-to none \
        '$build/examples/train_faces' $photos --threads 1 --chunks $machines --output '$folder/$name' $*" > "$folder/$name.txt" 2>&1
}
photos="--synthetic-people 12 --synthetic-photos 12 --backbone grey112x92 --epochs 20"
same() { cmp "$folder/one/model.safetensors" "$folder/$1/model.safetensors"; }
said() { tr '\r' '\n' < "$folder/$1.txt" | grep -a "$2" || { cat "$folder/$1.txt"; exit 1; }; }

# shellcheck disable=SC2086
"$build/examples/train_faces" $photos --threads 1 --chunks "$machines" --output "$folder/one" > "$folder/one.txt"
for rate; do
    shape "$rate"
    train "at_$rate"
    same "at_$rate"
    echo "$machines ranks over links of $rate: the bits of one process"
    said "at_$rate" "of these, "
done

wait_for_checkpoint() {
    rm -rf "$folder/$1"
    train "$1" &
    launcher=$!
    while kill -0 $launcher 2> /dev/null && [ ! -e "$folder/$1/checkpoint.safetensors" ]; do sleep 0.1; done
    start=$(date +%s)
}
ends() {
    wait $launcher && { echo "the run went on"; exit 1; }
    echo "$1: ended after $(($(date +%s) - start)) s"
}
wait_for_checkpoint killed
for process in /proc/[0-9]*; do
    cat "$process/environ" 2> /dev/null | tr '\0' '\n' | grep -qx "OMPI_COMM_WORLD_RANK=$((machines - 1))" &&
        cat "$process/cmdline" 2> /dev/null | tr '\0' ' ' | grep -q "$folder/killed" && kill -9 "${process#/proc/}"
done
ends "a rank on another machine killed"
said killed "exited on signal 9"
wait_for_checkpoint cut
ip -n trine-hub link set "port$machines" down
ends "a link cut"
said cut "lost communication"
ip -n trine-hub link set "port$machines" up
for name in killed cut; do
    # shellcheck disable=SC2086
    "$build/examples/train_faces" $photos --chunks "$machines" --output "$folder/$name" --resume > "$folder/$name.txt"
    same "$name"
done
echo "one process went on from either checkpoint, to the same bits"
