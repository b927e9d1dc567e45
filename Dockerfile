# The course in a container, ready to write exercises in:
#
#   docker build -t trine .
#   docker run --rm -it -v trine-work:/home/trine/trine trine
#
# Everything is compiled for the processor of the machine that builds the image. No container engine has built this file
# itself (docs/platforms.md).
FROM debian:bookworm-slim

# What quickstart.sh would install.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates catch2 cmake g++ less libcli11-dev libhnswlib-dev libjpeg-dev libopenblas-openmp-dev libpng-dev \
        libxtensor-blas-dev libxtensor-dev make nano nlohmann-json3-dev npm vim-tiny \
 && apt-get download cimg-dev \
 && dpkg-deb -x cimg-dev_*.deb cimg \
 && cp cimg/usr/include/CImg.h /usr/include/ \
 && rm -rf cimg cimg-dev_*.deb /var/lib/apt/lists/* \
 && useradd --create-home --shell /bin/bash trine

COPY --chown=trine:trine . /home/trine/trine
USER trine
WORKDIR /home/trine/trine
RUN ./quickstart.sh course

CMD ["/bin/bash"]
