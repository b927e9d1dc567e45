#!/bin/bash
# Makes the site of guide, reference, architecture and benchmarks, and checks its links: build.sh FOLDER
#
# Needs doxygen, mkdocs, python3-pygments and linkchecker (quickstart.sh docs installs them); slides need npm, which fetches reveal.js, and are left out without. What it makes works from the file system.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
work=$(mkdir -p "$1" && cd "$1" && pwd)
pages=$work/pages
rm -rf "$pages" "$work/site" "$work/reference"
mkdir -p "$pages/docs" "$pages/examples/exercises"

cp README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE "$pages/"
cp -r docs/*.md docs/guide docs/pictures "$pages/docs/"
rm -rf "$work/theme"
cp -r docs/site/theme docs/site/mkdocs.yml docs/site/slugs.py "$work/"
{ python3 -m pygments -S default -f html -a .codehilite; echo '@media (prefers-color-scheme: dark) {'; python3 -m pygments -S monokai -f html -a .codehilite; echo '}'; cat docs/site/theme/site.css; } > "$work/theme/site.css"

# A program's page holds its source; links to the one lead to the other.
for source in examples/*.cpp examples/exercises/*.cpp; do
    name=$(basename "$source" .cpp)
    { echo "# $name.cpp"; echo; echo '```cpp'; cat "$source"; echo '```'; } > "$pages/${source%.cpp}.md"
done
find "$pages" -name '*.md' -exec sed -i -E 's#\]\(((\.\./)*examples/(exercises/)?[a-z_0-9]+)\.cpp\)#](\1.md)#g' {} +

{ cat docs/site/Doxyfile; echo "INPUT = $root/include/trine $root/docs/site/namespaces.dox"; echo "STRIP_FROM_PATH = $root/include"; echo "OUTPUT_DIRECTORY = $work"; } > "$work/Doxyfile"
doxygen "$work/Doxyfile" > "$work/doxygen.log" 2>&1 || { cat "$work/doxygen.log"; exit 1; }
cat > "$pages/reference.md" <<'R'
# Reference

Made from the docstrings: [all types](reference/annotated.html), [all headers](reference/files.html). By what they are for:

| namespace | holds |
|---|---|
| [trine](reference/namespacetrine.html) | tensors and views, errors, random streams, parallel loops; objectives, the trainer, the recognizer |
| [trine::backbones](reference/namespacetrine_1_1backbones.html) | named networks |
| [trine::nn](reference/namespacetrine_1_1nn.html) | layers, networks, models, optimisers, schedules |
| [trine::distances](reference/namespacetrine_1_1distances.html) | how far apart? |
| [trine::miners](reference/namespacetrine_1_1miners.html) | which triplets or pairs? |
| [trine::losses](reference/namespacetrine_1_1losses.html) | how wrong? |
| [trine::neighbors](reference/namespacetrine_1_1neighbors.html) | who is nearest? Search, galleries, votes, classifiers, clustering |
| [trine::distributed](reference/namespacetrine_1_1distributed.html) | more than one machine: ranks, search over points on all of them |
| [trine::data](reference/namespacetrine_1_1data.html) | photos, splits, augmentation, samplers, drawn faces |
| [trine::faces](reference/namespacetrine_1_1faces.html) | detection, landmarks, alignment |
| [trine::evaluation](reference/namespacetrine_1_1evaluation.html) | figures, thresholds, intervals, comparisons, maps |
| [trine::experiments](reference/namespacetrine_1_1experiments.html) | which policy is better? Studies, searches, findings |
| [trine::visual](reference/namespacetrine_1_1visual.html) | pictures |
| [trine::io](reference/namespacetrine_1_1io.html) | safetensors, .npy, files |
| [trine::kernels](reference/namespacetrine_1_1kernels.html) | loops over raw memory |
R
cp -r "$work/reference" "$pages/reference"

# Slides of the lessons take reveal.js, as the lock says.
reveal=$work/slides/node_modules/reveal.js
if command -v npm >/dev/null; then
    mkdir -p "$work/slides"
    cp docs/site/slides/package.json docs/site/slides/package-lock.json docs/site/slides/.npmrc "$work/slides/"
    [ "$reveal/package.json" -nt docs/site/slides/package-lock.json ] || (cd "$work/slides" && npm ci --ignore-scripts --no-audit --no-fund >/dev/null) || true
fi
slides=
[ ! -e "$reveal/dist/reveal.js" ] || slides=yes
[ "$slides" ] || echo "npm or reveal.js was not found: the site is made without slides"

(cd "$work" && TRINE_SLIDES=$slides PYTHONPATH=$work mkdocs build --quiet --strict)
# MkDocs has Python-Markdown, which the Python that comes first need not have.
python=$(sed -n '1s/^#!//p' "$(command -v mkdocs)")
$python docs/site/search_index.py "$work/site"
if [ "$slides" ]; then
    $python docs/site/slides/slides.py docs/guide docs/pictures "$work/site/slides"
    mkdir -p "$work/site/slides/reveal"
    cp "$reveal/dist/reset.css" "$reveal/dist/reveal.css" "$reveal/dist/reveal.js" "$reveal/plugin/notes/notes.js" "$reveal/LICENSE" "$work/site/slides/reveal/"
    cp docs/site/slides/slides.css "$work/site/slides/"
fi

# Links of our own pages, and that what they lead to in the reference is there; among themselves Doxygen links the reference's pages. Run by root, linkchecker becomes nobody, who may not read everywhere.
check=$(mktemp -d)
trap 'rm -rf "$check"' EXIT
cp -r "$work/site" "$check/" && chmod -R a+rX "$check"
printf '[output]\nlog=text\n[AnchorCheck]\n[filtering]\nignorewarnings=url-content-type-unparseable,file-missing-slash\nnofollow=.*/reference/.*\n' > "$check/rc"
linkchecker --config "$check/rc" --no-status "$check/site/index.html" > "$work/links.log" 2>&1 || { cat "$work/links.log"; exit 1; }
grep "^That's it" "$work/links.log"
echo "$(find "$work/site" -name '*.html' -not -path '*/reference/*' | wc -l) pages and the reference: $work/site/index.html"
