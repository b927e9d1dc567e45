#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <jpeglib.h>

// A JPEG of one colour space, with an EXIF marker where it is not empty.
inline void write_jpeg(std::filesystem::path const& path, std::size_t width, std::size_t height, std::size_t components,
                       J_COLOR_SPACE space, std::vector<std::uint8_t> const& pixels, std::string const& exif = "",
                       bool adobe = false) {
    jpeg_compress_struct writer{};
    jpeg_error_mgr errors{};
    writer.err = jpeg_std_error(&errors);
    jpeg_create_compress(&writer);
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    jpeg_stdio_dest(&writer, file);
    writer.image_width = static_cast<JDIMENSION>(width), writer.image_height = static_cast<JDIMENSION>(height);
    writer.input_components = static_cast<int>(components), writer.in_color_space = space;
    jpeg_set_defaults(&writer);
    jpeg_set_quality(&writer, 100, TRUE);
    writer.write_Adobe_marker = adobe;
    jpeg_start_compress(&writer, TRUE);
    if (!exif.empty())
        jpeg_write_marker(&writer, JPEG_APP0 + 1, reinterpret_cast<JOCTET const*>(exif.data()),
                          static_cast<unsigned>(exif.size()));
    while (writer.next_scanline < height) {
        JSAMPROW row = const_cast<JSAMPROW>(pixels.data() + writer.next_scanline * width * components);
        jpeg_write_scanlines(&writer, &row, 1);
    }
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    std::fclose(file);
}
