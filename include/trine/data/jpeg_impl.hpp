#pragma once

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <jpeglib.h>
#include <jerror.h>

#include "../core/error.hpp"
#include "jpeg.hpp"
#include "orientation.hpp"
#include "pixel_limit.hpp"
#include "pixel_rows.hpp"

namespace trine::data {

namespace detail {

// Errors of libjpeg end in a jump over whatever stands between, and what is jumped over is not destroyed. So
// all that has a destructor belongs to an object outside; functions with a `setjmp` only use it, and say whether they
// came to their end.

// Errors of libjpeg end in a jump to `out`, with the message kept.
struct jpeg_errors {
    jpeg_error_mgr base{};
    std::jmp_buf out;
    char message[JMSG_LENGTH_MAX] = "";
    bool ended = false, no_memory = false;

    jpeg_error_mgr* start() {
        jpeg_std_error(&base);
        base.error_exit = [](j_common_ptr info) {
            auto* e = reinterpret_cast<jpeg_errors*>(info->err);
            info->err->format_message(info, e->message);
            e->no_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
            std::longjmp(e->out, 1);
        };
        // libjpeg fills what is missing or damaged with grey and only warns: such a warning is an error here. Others
        // are about what no pixel depends on.
        base.emit_message = [](j_common_ptr info, int level) {
            if (level >= 0)
                return;
            switch (info->err->msg_code) {
            case JWRN_JPEG_EOF: // no more than the end's mark may be missing, see below
                reinterpret_cast<jpeg_errors*>(info->err)->ended = true;
                break;
            case JWRN_EXTRANEOUS_DATA:
            case JWRN_JFIF_MAJOR:
            case JWRN_ADOBE_XFORM:
            case JWRN_NOT_SEQUENTIAL:
            case JWRN_TOO_MUCH_DATA:
                break;
            default:
                info->err->error_exit(info);
            }
        };
        return &base;
    }
    [[noreturn]] void give_up(std::string const& name) const {
        if (no_memory)
            fail<data_error>(name, ": there is no memory for its pixels");
        fail<format_error>(name, ": damaged JPEG: ", message);
    }
};

struct jpeg_reader {
    jpeg_decompress_struct file{};
    jpeg_errors errors;
    image pixels;
    std::vector<unsigned char> line;
    int orientation = 1;

    jpeg_reader() { file.err = errors.start(); }
    ~jpeg_reader() { jpeg_destroy_decompress(&file); }
    jpeg_reader(jpeg_reader const&) = delete;
    jpeg_reader& operator=(jpeg_reader const&) = delete;

    bool read_header(std::string_view bytes) {
        if (setjmp(errors.out))
            return false;
        jpeg_create_decompress(&file);
        jpeg_mem_src(&file, reinterpret_cast<unsigned char const*>(bytes.data()),
                     static_cast<unsigned long>(bytes.size()));
        jpeg_save_markers(&file, JPEG_APP0 + 1, 0xFFFF);
        jpeg_read_header(&file, TRUE);
        return true;
    }
    bool start() {
        if (setjmp(errors.out))
            return false;
        for (auto const* marker = file.marker_list; marker != nullptr; marker = marker->next)
            if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 &&
                std::memcmp(marker->data, "Exif\0", 6) == 0)
                orientation =
                    exif_orientation({reinterpret_cast<char const*>(marker->data) + 6, marker->data_length - 6});
        file.out_color_space = file.num_components == 1   ? JCS_GRAYSCALE
                               : file.num_components == 4 ? JCS_CMYK // cyan, magenta, yellow, black: for print
                                                          : JCS_RGB;
        jpeg_start_decompress(&file);
        return true;
    }
    // A function of its own: where there is a `setjmp`, compilers keep nothing in registers.
    void take_line(std::size_t y) {
        std::size_t const channels = pixels.channels, stored = static_cast<std::size_t>(file.output_components),
                          width = pixels.width;
        unsigned char const* const row = line.data();
        bool const inverted = file.saw_Adobe_marker; // Adobe's programs, which write nearly all with inks, store 255
                                                     // for none
        if (stored != 4) {
            separate(row, channels, width, y, pixels);
            return;
        }
        for (std::size_t c = 0; c < channels; ++c) {
            std::uint8_t* const to = &pixels(c, y, 0);
            for (std::size_t x = 0; x < width; ++x) {
                unsigned const value = row[x * stored + c], black = row[x * stored + 3];
                to[x] = static_cast<std::uint8_t>((inverted ? value * black : (255 - value) * (255 - black)) / 255);
            }
        }
    }
    // Into `pixels`, whose size is that of the output.
    bool read_pixels() {
        if (setjmp(errors.out))
            return false;
        while (file.output_scanline < file.output_height) {
            std::size_t const y = file.output_scanline;
            unsigned char* row = line.data();
            jpeg_read_scanlines(&file, &row, 1);
            take_line(y);
        }
        bool const in_one = !jpeg_has_multiple_scans(&file);
        jpeg_finish_decompress(&file);
        // Where all pixels come in one scan, one that is cut is noticed in it; of several, the last may be missing.
        if (errors.ended && !in_one) {
            std::strcpy(errors.message, "it ends too early");
            return false;
        }
        return true;
    }
};

struct jpeg_writer {
    jpeg_compress_struct file{};
    jpeg_errors errors;
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    std::vector<unsigned char> line;

    explicit jpeg_writer(std::size_t row) : line(row) { file.err = errors.start(); }
    ~jpeg_writer() {
        jpeg_destroy_compress(&file);
        std::free(bytes);
    }
    jpeg_writer(jpeg_writer const&) = delete;
    jpeg_writer& operator=(jpeg_writer const&) = delete;

    bool write(image const& in, int quality) {
        if (setjmp(errors.out))
            return false;
        jpeg_create_compress(&file);
        jpeg_mem_dest(&file, &bytes, &size);
        file.image_width = static_cast<JDIMENSION>(in.width), file.image_height = static_cast<JDIMENSION>(in.height);
        file.input_components = static_cast<int>(in.channels);
        file.in_color_space = in.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&file);
        jpeg_set_quality(&file, quality, TRUE);
        file.optimize_coding = TRUE;
        jpeg_start_compress(&file, TRUE);
        while (file.next_scanline < file.image_height) {
            interleave(in, file.next_scanline, line.data());
            JSAMPROW at = line.data();
            jpeg_write_scanlines(&file, &at, 1);
        }
        jpeg_finish_compress(&file);
        return true;
    }
};

} // namespace detail

TRINE_INLINE image decode_jpeg(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    detail::jpeg_reader reader;
    if (!reader.read_header(bytes))
        reader.errors.give_up(name);
    detail::require_pixels(name, reader.file.image_height, reader.file.image_width, most_pixels);
    if (!reader.start())
        reader.errors.give_up(name);
    reader.pixels =
        image(reader.file.output_components == 1 ? 1 : 3, reader.file.output_height, reader.file.output_width);
    reader.line.resize(std::size_t{reader.file.output_width} * static_cast<std::size_t>(reader.file.output_components));
    if (!reader.read_pixels())
        reader.errors.give_up(name);
    return upright(std::move(reader.pixels), reader.orientation);
}

TRINE_INLINE std::string encode_jpeg(image const& in, int quality) {
    require<argument_error>(quality >= 1 && quality <= 100, "a JPEG of quality ", quality,
                            ": it has to lie between 1 and 100");
    require<shape_error>((in.channels == 1 || in.channels == 3) && in.height > 0 && in.width > 0 &&
                             in.height <= JPEG_MAX_DIMENSION && in.width <= JPEG_MAX_DIMENSION,
                         "a photo of ", in.channels, "×", in.height, "×", in.width, " cannot be a JPEG");
    detail::jpeg_writer writer(in.width * in.channels);
    if (!writer.write(in, quality))
        fail<data_error>("a photo could not be made a JPEG: ", writer.errors.message);
    return {reinterpret_cast<char const*>(writer.bytes), writer.size};
}

} // namespace trine::data
