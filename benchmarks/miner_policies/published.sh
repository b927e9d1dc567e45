#!/bin/sh
# The study of docs/study.md on four sets, one after the other: published.sh PROGRAMS DATA OUTPUT [OPTIONS of miner_policies…]
#
# PROGRAMS is the folder build/release. DATA holds lfw with mtcnn and mobilefacenet (photos in the wild, a folder for each
# person, and the weights of the detector and of a network), orl (photos likewise), and omniglot (the two small background
# sets as published, zipped); what is not there is said and left out. OUTPUT gets a folder for each. It can be stopped at any time; the same command goes on.
set -eu
programs=$1 data=$2 output=$3
shift 3
study=$programs/benchmarks/miner_policies
mkdir -p "$output"

# Embeddings of people with ten to twenty photos, on which heads of 16 dimensions learn: minutes.
if [ -d "$data/lfw" ] && [ -d "$data/mtcnn" ] && [ -d "$data/mobilefacenet" ]; then
    if [ ! -f "$output/lfw.gallery" ]; then
        rm -rf "$output/lfw_people" "$output/lfw.part.gallery" "$output/lfw.part.gallery.log"
        mkdir "$output/lfw_people"
        for person in "$(cd "$data/lfw" && pwd)"/*/; do
            photos=$(find -H "${person%/}" -type f | wc -l)
            if [ "$photos" -ge 10 ] && [ "$photos" -le 20 ]; then ln -s "${person%/}" "$output/lfw_people/"; fi
        done
        "$programs/examples/gallery" create "$output/lfw.part.gallery" --backbone mobile_face_net \
            --model "$data/mobilefacenet/mobilefacenet.safetensors" --detector "$data/mtcnn" --data "$output/lfw_people"
        "$programs/examples/gallery" compact "$output/lfw.part.gallery"
        mv "$output/lfw.part.gallery" "$output/lfw.gallery"
    fi
    "$study" --embeddings "$output/lfw.gallery" --dimensions 16 --folds 10 --epochs 10 --people 16 --output "$output/lfw_heads" "$@"
else
    echo "$data/lfw, $data/mtcnn or $data/mobilefacenet is not there: heads left out"
fi

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
