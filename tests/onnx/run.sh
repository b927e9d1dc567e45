#!/bin/sh
# Runs exported networks in ONNX Runtime: run.sh SOURCES EXPORTED NPM NODE
# Its package, with its library for this system, is fetched once, as the lock says.
set -eu
sources=$1 exported=$2 npm=$3 node=$4
packages=$exported/packages
mkdir -p "$packages"
cd "$packages"
if ! cmp -s "$sources/package-lock.json" installed.json; then
    cp "$sources/package.json" "$sources/package-lock.json" "$sources/.npmrc" .
    if ! "$npm" ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1; then
        echo "not checked: npm could not fetch ONNX Runtime: $(tail -n 1 npm.log)"
        exit 0
    fi
    cp package-lock.json installed.json
fi
exec "$node" "$sources/onnx_runtime.mjs" "$exported"
