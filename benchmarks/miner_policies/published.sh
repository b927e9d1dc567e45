#!/bin/sh
# The study of docs/study.md on three sets, one after the other: published.sh PROGRAMS DATA OUTPUT [OPTIONS of miner_policies…]
#
# PROGRAMS is the folder build/release. DATA holds orl (a folder of photos for each person), lfw with mtcnn (photos in the
# wild, and the detector's weights), and omniglot (the two small background sets as published, zipped); what is not there
# is said and left out. OUTPUT gets a folder for each. It can be stopped at any time; the same command goes on.
set -eu
programs=$1 data=$2 output=$3
shift 3
study=$programs/benchmarks/miner_policies
mkdir -p "$output"

if [ -d "$data/orl" ]; then
    "$study" --data "$data/orl" --output "$output/orl" "$@"
else
    echo "$data/orl is not there: left out"
fi

if [ -d "$data/lfw" ] && [ -d "$data/mtcnn" ]; then
    # Aligned once; people with ten to twenty photos.
    if [ ! -d "$output/lfw_aligned" ]; then
        rm -rf "$output/lfw_aligned.part"
        "$programs/examples/align_faces" --detector "$data/mtcnn" "$data/lfw" "$output/lfw_aligned.part"
        mv "$output/lfw_aligned.part" "$output/lfw_aligned"
    fi
    "$study" --data "$output/lfw_aligned" --at-least 10 --at-most 20 --output "$output/lfw" --epochs 12 --people 16 "$@"
else
    echo "$data/lfw or $data/mtcnn is not there: LFW left out"
fi

if [ -f "$data/omniglot/images_background_small1.zip" ] && [ -f "$data/omniglot/images_background_small2.zip" ]; then
    # A folder for each character; both sets have some alphabets in common.
    if [ ! -d "$output/characters" ]; then
        rm -rf "$output/omniglot_files" "$output/characters.part"
        mkdir -p "$output/characters.part"
        for set in 1 2; do
            unzip -q "$data/omniglot/images_background_small$set.zip" -d "$output/omniglot_files"
        done
        files=$(cd "$output/omniglot_files" && pwd)
        for character in "$files"/*/*/character*; do
            alphabet=$(basename "$(dirname "$character")")
            [ -e "$output/characters.part/$alphabet $(basename "$character")" ] ||
                ln -s "$character" "$output/characters.part/$alphabet $(basename "$character")"
        done
        mv "$output/characters.part" "$output/characters"
    fi
    "$study" --data "$output/characters" --output "$output/omniglot" --words character,characters,drawing,drawings \
        --epochs 4 --people 16 "$@"
else
    echo "$data/omniglot is not there: left out"
fi
