#!/bin/bash
# Sets everything up, then trains, enrols and recognises; or builds and runs the tests.
set -euo pipefail
cd "$(dirname "$0")"

packages=(g++ make cmake libxtensor-dev libxtensor-blas-dev libopenblas-openmp-dev nlohmann-json3-dev
          libjpeg-dev libpng-dev libhnswlib-dev libcli11-dev catch2)

# The report of train_faces takes Chart.js, which npm fetches; its test opens it in a browser.
add_report_packages() { command -v npm >/dev/null || packages+=(npm); }
add_browser_packages() { command -v chromium >/dev/null || packages+=(chromium fonts-dejavu-core); }
test_packages=(pkgconf)
# A program for this processor is shown an older one.
add_emulator_packages() {
    [ "$(uname -m)" != x86_64 ] || command -v qemu-x86_64 >/dev/null || command -v qemu-x86_64-static >/dev/null ||
        packages+=(qemu-user)
}
optional_packages=() # what newer systems have no more, and a test is left out for
add_layout_packages() { optional_packages+=(clang-format-14 clang-tidy-14); }
add_mpi_packages() { command -v mpicxx >/dev/null || optional_packages+=(libopenmpi-dev openmpi-bin); }
site_packages=(doxygen mkdocs python3-pygments linkchecker)

usage() {
    cat <<'HELP'
usage: ./quickstart.sh                 install what is missing, build, train on drawn faces and recognise
       ./quickstart.sh --data FOLDER   the same with your own photos, one sub-folder per person
       ./quickstart.sh --report FOLDER and leave the training behind as a page for a browser (installs npm)
       ./quickstart.sh course          install what is missing and build the programs of the course in docs/guide
       ./quickstart.sh docs            install what is missing, make the site of all documents and check its links
       ./quickstart.sh test            install what is missing, build and run all tests
       ./quickstart.sh --help          this text

Further options after --data FOLDER or on their own go to train_faces (see build/release/examples/train_faces --help).
HELP
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } ||
        { command -v sudo >/dev/null && [ -t 0 ]; }
}

is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# What installs the same elsewhere, as far as that system has it.
say_what_is_needed() {
    local how
    if command -v dnf >/dev/null; then
        how="dnf install gcc-c++ make cmake xtensor-devel xtensor-blas-devel openblas-devel json-devel libjpeg-turbo-devel libpng-devel CImg-devel cli11-devel catch-devel"
    elif command -v pacman >/dev/null; then
        how="pacman -S --needed base-devel cmake xtensor xtensor-blas openblas nlohmann-json libjpeg-turbo libpng cimg cli11 catch2"
    elif command -v brew >/dev/null; then
        how="brew install cmake libomp openblas xtensor nlohmann-json jpeg-turbo libpng cimg cli11 catch2"
    else
        how="conda install -c conda-forge cxx-compiler make cmake xtensor xtensor-blas openblas nlohmann_json libjpeg-turbo libpng cimg cli11 catch2"
    fi
    echo "This is not a Debian system, so nothing was installed for you. Something is missing, see above; this may install it:" >&2
    echo "    $how" >&2
    echo "Then run this again. What a system does not have (CImg.h, xtensor-blas) may be put anywhere that CMAKE_PREFIX_PATH names; docs/platforms.md says more." >&2
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

install_packages() {
    is_debian || return 0 # CMake looks for what there is
    local missing=() optional=() package
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ] && ! can_be_root; then
        echo "These packages are missing, and installing them needs root or sudo. Please run:" >&2
        echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    if can_be_root; then
        for package in "${optional_packages[@]}"; do is_installed "$package" || optional+=("$package"); done
        # Lists of packages may be old, or not there at all.
        if [ ${#missing[@]} -gt 0 ] || { [ ${#optional[@]} -gt 0 ] && ! apt-cache show base-files >/dev/null 2>&1; }; then
            as_root apt-get update -qq
        fi
        for package in "${optional[@]}"; do
            ! apt-cache show "$package" >/dev/null 2>&1 || missing+=("$package")
        done
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        echo "Installing ${missing[*]} ..."
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
}

install_missing() {
    install_packages
    # CImg is one header, but its package pulls in OpenCV and Qt: take the header out of the package and leave the rest.
    if is_debian && [ ! -e /usr/include/CImg.h ] && [ ! -e build/_cimg/CImg.h ]; then
        echo "Fetching CImg.h ..."
        local folder; folder=$(mktemp -d)
        chmod 755 "$folder"
        chown _apt "$folder" 2>/dev/null || true # apt fetches as a user of its own where it can
        if ! (cd "$folder" && apt-get download -qq cimg-dev); then
            rm -rf "$folder"
            echo "Could not fetch the package cimg-dev. Please put CImg.h into build/_cimg/ and run this again." >&2
            exit 1
        fi
        dpkg-deb -x "$folder"/cimg-dev_*.deb "$folder"
        mkdir -p build/_cimg
        cp "$folder/usr/include/CImg.h" build/_cimg/
        rm -rf "$folder"
    fi
}

processors() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

build() {
    if ! command -v cmake >/dev/null; then
        echo "cmake was not found." >&2
        is_debian || say_what_is_needed
        exit 1
    fi
    if ! cmake --preset release -DTRINE_BUILD_TESTS="$1" -DTRINE_BUILD_EXAMPLES="$2" -DTRINE_BUILD_BENCHMARKS="$1" >build/configure.log; then
        cat build/configure.log
        is_debian || say_what_is_needed
        exit 1
    fi
    shift 2
    echo "Building with $(processors) processes ..."
    cmake --build --preset release --parallel "$(processors)" "$@"
}

case "${1:-}" in
-h | --help)
    usage
    ;;
test)
    add_report_packages
    add_browser_packages
    add_emulator_packages
    add_layout_packages
    add_mpi_packages
    packages+=("${site_packages[@]}" "${test_packages[@]}")
    install_missing
    mkdir -p build
    build ON ON
    ctest --preset release --output-on-failure --parallel "$(processors)"
    ;;
course)
    install_missing
    mkdir -p build
    build OFF ON --target course
    echo "The programs of the course are built. Begin with docs/guide/README.md; they are run from this folder."
    ;;
docs)
    packages=("${site_packages[@]}")
    install_packages
    exec docs/site/build.sh build/site
    ;;
*)
    case " $* " in *" --report"*) add_report_packages ;; esac
    install_missing
    mkdir -p build
    build OFF ON --target train_faces
    exec build/release/examples/train_faces "$@"
    ;;
esac
