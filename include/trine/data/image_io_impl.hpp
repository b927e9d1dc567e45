#pragma once

#include <algorithm>
#include <cctype>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include <jpeglib.h>
#include <jerror.h>
#include <png.h>

#include "../core/error.hpp"
#include "../io/file.hpp"
#include "bmp.hpp"
#include "image_io.hpp"
#include "orientation.hpp"
#include "pnm.hpp"

namespace trine::data {

namespace detail {

// Errors of libjpeg and libpng end in a jump over whatever stands between, and what is jumped over is not destroyed. So
// all that has a destructor belongs to an object outside; functions with a `setjmp` only use it, and say whether they
// came to their end.

// A row of pixels, channel beside channel, into a photo.
inline void separate(unsigned char const* row, std::size_t channels, std::size_t width, std::size_t y, image& to) {
    if (channels == 1) {
        std::copy_n(row, width, &to(0, y, 0));
        return;
    }
    std::uint8_t *const red = &to(0, y, 0), *const green = &to(1, y, 0), *const blue = &to(2, y, 0);
    for (std::size_t x = 0; x < width; ++x)
        red[x] = row[3 * x], green[x] = row[3 * x + 1], blue[x] = row[3 * x + 2];
}

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

inline image decode_jpeg(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    jpeg_reader reader;
    if (!reader.read_header(bytes))
        reader.errors.give_up(name);
    require_pixels(name, reader.file.image_height, reader.file.image_width, most_pixels);
    if (!reader.start())
        reader.errors.give_up(name);
    reader.pixels =
        image(reader.file.output_components == 1 ? 1 : 3, reader.file.output_height, reader.file.output_width);
    reader.line.resize(std::size_t{reader.file.output_width} * static_cast<std::size_t>(reader.file.output_components));
    if (!reader.read_pixels())
        reader.errors.give_up(name);
    return upright(std::move(reader.pixels), reader.orientation);
}

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
            png_bytep const from = passes > 1 ? rows[y] : lines.data();
            if (passes == 1)
                png_read_row(png, from, nullptr);
            separate(from, channels, width, y, pixels);
        }
        png_read_end(png, nullptr);
        return true;
    }
};

inline image decode_png(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    png_reader reader(bytes);
    if (!reader.read_header())
        fail<format_error>(name, ": damaged PNG: ", reader.errors.message);
    require_pixels(name, reader.height, reader.width, most_pixels);
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

// A row of pixels, channel beside channel.
inline void interleave(image const& in, std::size_t y, unsigned char* to) {
    std::size_t const channels = in.channels, width = in.width;
    for (std::size_t c = 0; c < channels; ++c) {
        std::uint8_t const* const from = in.samples.data() + (c * in.height + y) * width;
        for (std::size_t x = 0; x < width; ++x)
            to[x * channels + c] = from[x];
    }
}

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

inline std::string small_extension(std::filesystem::path const& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension;
}

// The kind of a photo that is not read, by its first bytes.
inline std::string_view unread_kind_of(std::string_view bytes) {
    if (bytes.starts_with("GIF8"))
        return "GIF";
    auto const at = [&](std::size_t place) { return bytes.size() >= place + 4 ? bytes.substr(place, 4) : ""; };
    if (at(0) == "RIFF" && at(8) == "WEBP")
        return "WebP";
    if (bytes.starts_with(std::string_view("II*\0", 4)) || bytes.starts_with(std::string_view("MM\0*", 4)))
        return "TIFF";
    if (at(4) == "ftyp")
        return at(8) == "avif" ? "AVIF" : "HEIC";
    if (at(4) == "jP  " || bytes.starts_with("\xff\x4f\xff\x51"))
        return "JPEG 2000";
    return {};
}

inline image decode_any(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    if (bytes.starts_with("\xff\xd8\xff"))
        return decode_jpeg(bytes, name, most_pixels);
    if (bytes.starts_with("\x89PNG\r\n\x1a\n"))
        return decode_png(bytes, name, most_pixels);
    if (bytes.starts_with("BM"))
        return decode_bmp(bytes, name, most_pixels);
    if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6')
        return decode_pnm(bytes, name, most_pixels);
    auto const kind = unread_kind_of(bytes);
    fail<format_error>(name, ": is not a PGM, PPM, PNG, JPEG or BMP photo", kind.empty() ? "" : " but one of kind ",
                       kind, kind.empty() ? "" : ", which is not read: save it as PNG or JPEG");
}

} // namespace detail

TRINE_INLINE bool is_image_name(std::filesystem::path const& path) {
    auto const extension = detail::small_extension(path);
    for (char const* known : {".pgm", ".ppm", ".pnm", ".pbm", ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".bmp"})
        if (extension == known)
            return true;
    return false;
}

TRINE_INLINE std::string_view unread_kind(std::filesystem::path const& path) {
    auto const extension = detail::small_extension(path);
    constexpr std::pair<char const*, char const*> kinds[] = {
        {".webp", "WebP"}, {".gif", "GIF"},   {".tif", "TIFF"},      {".tiff", "TIFF"},    {".heic", "HEIC"},
        {".heif", "HEIC"}, {".avif", "AVIF"}, {".jp2", "JPEG 2000"}, {".j2k", "JPEG 2000"}};
    for (auto const& [known, kind] : kinds)
        if (extension == known)
            return kind;
    return {};
}

TRINE_INLINE image decode_image(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    try {
        return detail::decode_any(bytes, name, most_pixels);
    } catch (std::bad_alloc const&) {
        fail<data_error>(name, ": there is no memory for its pixels");
    }
}

TRINE_INLINE image load_image(std::filesystem::path const& path, std::size_t most_pixels) {
    std::string const name = path.string();
    std::error_code code;
    auto const what = std::filesystem::status(path, code).type();
    require<io_error>(what != std::filesystem::file_type::none && what != std::filesystem::file_type::not_found, name,
                      ": cannot be opened: ", code.message());
    // A pipe would be waited for, and a device read without end.
    require<io_error>(what == std::filesystem::file_type::regular, name,
                      what == std::filesystem::file_type::directory ? ": is a folder, not a photo"
                                                                    : ": is a pipe or a device, not a photo");
    // As text, a pixel takes at most 18 bytes.
    auto const size = std::filesystem::file_size(path, code);
    require<data_error>(code || size / 32 <= most_pixels + 1'000'000, name, ": has ", size,
                        " bytes, more than a photo of ", most_pixels, " pixels (most_pixels, --most-pixels)");
    try {
        return decode_image(io::read_file(path), name, most_pixels);
    } catch (std::bad_alloc const&) {
        fail<data_error>(name, ": there is no memory for its ", size, " bytes");
    }
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

TRINE_INLINE void save_png(image const& in, std::filesystem::path const& path) { io::write_file(path, encode_png(in)); }

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
