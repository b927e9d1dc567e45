#include <cstdio>

#include <trine/data/image_io.hpp>

int main() {
    trine::data::image picture(1, 8, 8);
    trine::data::save_png(picture, "consumer.png");
    auto const again = trine::data::load_image("consumer.png");
    std::printf("%zux%zu pixels\n", again.height, again.width);
    return again.height == 8 && again.width == 8 ? 0 : 1;
}
