#pragma once

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include <png.h>

#include "../core/error.hpp"
#include "png.hpp"
#include "pixel_limit.hpp"
#include "pixel_rows.hpp"

namespace trine::data {

namespace detail {

// Errors of libpng end in a jump over whatever stands between, and what is jumped over is not destroyed. So
// all that has a destructor belongs to an object outside; functions with a `setjmp` only use it, and say whether they
// came to their end.

// Errors of libpng end in a jump out of the function that called it, with the message kept; it asks for that itself
// what the jump's place is.
struct png_errors {
    char message[256] = "";

    [[noreturn]] static void keep(png_structp png, png_const_charp what) {
        auto* e = static_cast<png_errors*>(png_get_error_ptr(png));
        std::snprintf(e->message, sizeof e->message, "%s", what);
        png_longjmp(png, 1);
    }
    static void ignore(png_structp, png_const_charp) {}
};

struct png_reader {
    png_errors errors;
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::string_view bytes;
    std::size_t at = 0, height = 0, width = 0, channels = 0, row = 0;
    int passes = 1;
    image pixels;
    std::vector<png_byte> lines;
    std::vector<png_bytep> rows;

    explicit png_reader(std::string_view in) : bytes(in) {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &errors, &png_errors::keep, &png_errors::ignore);
        if (png)
            info = png_create_info_struct(png);
        if (!info) {
            png_destroy_read_struct(&png, &info, nullptr);
            throw std::bad_alloc();
        }
    }
    ~png_reader() { png_destroy_read_struct(&png, &info, nullptr); }
    png_reader(png_reader const&) = delete;
    png_reader& operator=(png_reader const&) = delete;

    bool read_header() {
        if (setjmp(png_jmpbuf(png)))
            return false;
        png_set_read_fn(png, this, [](png_structp self, png_bytep to, std::size_t count) {
            auto* r = static_cast<png_reader*>(png_get_io_ptr(self));
            if (count > r->bytes.size() - r->at)
                png_error(self, "it ends too early");
            std::memcpy(to, r->bytes.data() + r->at, count);
            r->at += count;
        });
        png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF); // there is a limit of ours
        // No pixel depends on other chunks, for which libpng takes the memory that they say they need, whatever there
        // is.
        png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
        png_read_info(png, info);
        height = png_get_image_height(png, info), width = png_get_image_width(png, info);
        return true;
    }
    // Takes memory for a row.
    bool start() {
        if (setjmp(png_jmpbuf(png)))
            return false;
        int const kind = png_get_color_type(png, info);
        if (kind == PNG_COLOR_TYPE_PALETTE)
            png_set_palette_to_rgb(png);
        else if (kind == PNG_COLOR_TYPE_GRAY)
            png_set_expand_gray_1_2_4_to_8(png);
        png_set_scale_16(png);
        png_set_strip_alpha(png);
        passes = png_set_interlace_handling(png);
        png_read_update_info(png, info);
        channels = png_get_channels(png, info), row = png_get_rowbytes(png, info);
        return true;
    }
    // Through `lines`: one, or all where the photo comes in passes.
    bool read_pixels() {
        if (setjmp(png_jmpbuf(png)))
            return false;
        if (passes > 1)
            png_read_image(png, rows.data());
        for (std::size_t y = 0; y < height; ++y) {
            std::uint8_t* const from = passes > 1 ? rows[y] : lines.data();
            if (passes == 1)
                png_read_row(png, from, nullptr);
            separate(from, channels, width, y, pixels);
        }
        png_read_end(png, nullptr);
        return true;
    }
};

struct png_writer {
    png_errors errors;
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::string bytes;
    std::vector<png_byte> line;

    explicit png_writer(std::size_t row) : line(row) {
        png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &errors, &png_errors::keep, &png_errors::ignore);
        if (png)
            info = png_create_info_struct(png);
        if (!info) {
            png_destroy_write_struct(&png, &info);
            throw std::bad_alloc();
        }
    }
    ~png_writer() { png_destroy_write_struct(&png, &info); }
    png_writer(png_writer const&) = delete;
    png_writer& operator=(png_writer const&) = delete;

    bool write(image const& in) {
        if (setjmp(png_jmpbuf(png)))
            return false;
        png_set_write_fn(
            png, this,
            [](png_structp self, png_bytep from, std::size_t count) {
                auto* w = static_cast<png_writer*>(png_get_io_ptr(self));
                bool taken = true;
                try {
                    w->bytes.append(reinterpret_cast<char const*>(from), count);
                } catch (...) { // nothing may fly through libpng
                    taken = false;
                }
                if (!taken)
                    png_error(self, "there is no memory");
            },
            [](png_structp) {});
        constexpr int kinds[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                 PNG_COLOR_TYPE_RGB_ALPHA};
        png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
        png_set_IHDR(png, info, static_cast<png_uint_32>(in.width), static_cast<png_uint_32>(in.height), 8,
                     kinds[in.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (std::size_t y = 0; y < in.height; ++y) {
            interleave(in, y, line.data());
            png_write_row(png, line.data());
        }
        png_write_end(png, info);
        return true;
    }
};

} // namespace detail

TRINE_INLINE image decode_png(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    detail::png_reader reader(bytes);
    if (!reader.read_header())
        fail<format_error>(name, ": damaged PNG: ", reader.errors.message);
    detail::require_pixels(name, reader.height, reader.width, most_pixels);
    // What is compressed takes at least a bit a pixel, and grows no more than 1032 times.
    require<format_error>(reader.height * reader.width / 8 / 1032 <= bytes.size(), name,
                          ": damaged PNG: it ends too early: ", bytes.size(), " bytes cannot hold ", reader.width, "×",
                          reader.height, " pixels");
    if (!reader.start())
        fail<format_error>(name, ": damaged PNG: ", reader.errors.message);
    require<format_error>(reader.row == reader.width * reader.channels &&
                              (reader.channels == 1 || reader.channels == 3),
                          name, ": damaged PNG: ", reader.channels, " channels");
    reader.pixels = image(reader.channels, reader.height, reader.width);
    std::size_t const lines = reader.passes > 1 ? reader.height : 1;
    reader.lines.resize(lines * reader.row);
    for (std::size_t y = 0; y < lines; ++y)
        reader.rows.push_back(reader.lines.data() + y * reader.row);
    if (!reader.read_pixels())
        fail<format_error>(name, ": damaged PNG: ", reader.errors.message);
    return std::move(reader.pixels);
}

TRINE_INLINE std::string encode_png(image const& in) {
    require<shape_error>(in.channels >= 1 && in.channels <= 4 && in.height > 0 && in.width > 0 &&
                             in.height <= 0x7FFFFFFF && in.width <= 0x7FFFFFFF,
                         "a photo of ", in.channels, "×", in.height, "×", in.width, " cannot be a PNG");
    try {
        detail::png_writer writer(in.width * in.channels);
        require<io_error>(writer.write(in), "a PNG cannot be made: ", writer.errors.message);
        return std::move(writer.bytes);
    } catch (std::bad_alloc const&) {
        fail<io_error>("a PNG cannot be made: there is no memory");
    }
}

} // namespace trine::data
