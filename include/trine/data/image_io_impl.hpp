#pragma once

#include <algorithm>
#include <cctype>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <jpeglib.h>

#include "../core/error.hpp"
#include "../io/file.hpp"
#include "cimg.hpp"
#include "image_io.hpp"
#include "orientation.hpp"

namespace trine::data {

namespace detail {

// Errors of libjpeg end in a jump to `out`, with the message kept.
struct jpeg_errors {
    jpeg_error_mgr base;
    std::jmp_buf out;
    char message[JMSG_LENGTH_MAX];

    jpeg_error_mgr* start() {
        jpeg_std_error(&base);
        base.error_exit = [](j_common_ptr info) {
            auto* e = reinterpret_cast<jpeg_errors*>(info->err);
            info->err->format_message(info, e->message);
            std::longjmp(e->out, 1);
        };
        return &base;
    }
};

// libjpeg fills what is missing of a truncated file with grey and only warns: here a warning is an error.
inline image decode_jpeg(std::string const& bytes, std::string const& name) {
    image result;
    jpeg_decompress_struct reader{};
    jpeg_errors errors{};
    reader.err = errors.start();
    errors.base.emit_message = [](j_common_ptr info, int level) {
        if (level < 0)
            info->err->error_exit(info);
    };
    unsigned char* volatile line = nullptr;
    if (setjmp(errors.out)) {
        jpeg_destroy_decompress(&reader);
        delete[] line;
        fail<format_error>(name, ": damaged JPEG: ", errors.message);
    }
    jpeg_create_decompress(&reader);
    jpeg_mem_src(&reader, reinterpret_cast<unsigned char const*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_save_markers(&reader, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&reader, TRUE);
    int orientation = 1;
    for (auto const* marker = reader.marker_list; marker != nullptr; marker = marker->next)
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 && std::memcmp(marker->data, "Exif\0", 6) == 0)
            orientation = exif_orientation({reinterpret_cast<char const*>(marker->data) + 6, marker->data_length - 6});
    bool const inks = reader.num_components == 4; // cyan, magenta, yellow, black: for print
    reader.out_color_space = reader.num_components == 1 ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&reader);
    std::size_t const channels = reader.output_components == 1 ? 1 : 3,
                      stored = static_cast<std::size_t>(reader.output_components), width = reader.output_width;
    result = image(channels, reader.output_height, width);
    line = new unsigned char[width * stored];
    while (reader.output_scanline < reader.output_height) {
        std::size_t const y = reader.output_scanline;
        unsigned char* row = line;
        jpeg_read_scanlines(&reader, &row, 1);
        for (std::size_t x = 0; x < width; ++x)
            for (std::size_t c = 0; c < channels; ++c) {
                unsigned const value = row[x * stored + c], black = inks ? row[x * stored + 3] : 0;
                // Adobe's programs, which write nearly all of these, store 255 for no ink.
                result(c, y, x) =
                    static_cast<std::uint8_t>(!inks                     ? value
                                              : reader.saw_Adobe_marker ? value * black / 255
                                                                        : (255 - value) * (255 - black) / 255);
            }
    }
    jpeg_finish_decompress(&reader);
    jpeg_destroy_decompress(&reader);
    delete[] line;
    return upright(std::move(result), orientation);
}

inline image from_cimg(cimg_library::CImg<unsigned char> const& in, std::string const& name) {
    require<format_error>(!in.is_empty(), name, ": holds no pixels");
    std::size_t const channels = in.spectrum() >= 3 ? 3 : 1; // transparency is left out
    image out(channels, static_cast<std::size_t>(in.height()), static_cast<std::size_t>(in.width()));
    std::copy_n(in.data(), out.samples.size(), out.samples.begin());
    return out;
}

// Binary PGM and PPM, whose comments CImg does not read everywhere that the format allows them.
inline image decode_pnm(std::string const& bytes, std::string const& name) {
    std::size_t at = 2, values[3] = {0, 0, 0};
    for (std::size_t& v : values) {
        while (at < bytes.size() && (std::isspace(static_cast<unsigned char>(bytes[at])) || bytes[at] == '#'))
            if (bytes[at++] == '#')
                while (at < bytes.size() && bytes[at] != '\n')
                    ++at;
        require<format_error>(at < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[at])), name,
                              ": damaged PNM header");
        while (at < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[at])) && v < 1'000'000)
            v = v * 10 + static_cast<std::size_t>(bytes[at++] - '0');
    }
    auto const [width, height, most] = values;
    require<format_error>(width > 0 && height > 0 && most > 0 && most < 65536, name, ": damaged PNM header");
    std::size_t const channels = bytes[1] == '6' ? 3 : 1, wide = most > 255 ? 2 : 1, first = at + 1;
    require<format_error>(bytes.size() >= first + width * height * channels * wide, name,
                          ": truncated PNM: ", bytes.size(), " bytes of ", first + width * height * channels * wide);
    image out(channels, height, width);
    for (std::size_t i = 0; i < width * height; ++i)
        for (std::size_t c = 0; c < channels; ++c) {
            std::size_t const place = first + (i * channels + c) * wide;
            std::size_t value = static_cast<unsigned char>(bytes[place]);
            if (wide == 2)
                value = value * 256 + static_cast<unsigned char>(bytes[place + 1]);
            out.samples[c * width * height + i] = static_cast<std::uint8_t>(std::min(value, most) * 255 / most);
        }
    return out;
}

} // namespace detail

TRINE_INLINE bool is_image_name(std::filesystem::path const& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (char const* known : {".pgm", ".ppm", ".pnm", ".png", ".jpg", ".jpeg", ".bmp"})
        if (extension == known)
            return true;
    return false;
}

TRINE_INLINE image load_image(std::filesystem::path const& path) {
    std::string const bytes = io::read_file(path), name = path.string();
    auto const starts = [&](std::string_view magic) { return bytes.compare(0, magic.size(), magic) == 0; };
    if (starts("\xff\xd8\xff"))
        return detail::decode_jpeg(bytes, name);
    bool const png = starts("\x89PNG\r\n\x1a\n"), bmp = starts("BM"), pnm = starts("P5") || starts("P6");
    require<format_error>(png || bmp || pnm, name, ": is not a PGM, PPM, PNG, JPEG or BMP photo");
    if (pnm)
        return detail::decode_pnm(bytes, name);
    if (bmp && bytes.size() >= 6) {
        std::uint32_t size = 0;
        std::memcpy(&size, bytes.data() + 2, 4);
        require<format_error>(bytes.size() >= size, name, ": truncated BMP: ", bytes.size(), " bytes of ", size);
    }
    if (png) // an end that is missing is seen before it is read
        require<format_error>(bytes.size() >= 20 && bytes.compare(bytes.size() - 8, 4, "IEND") == 0, name,
                              ": truncated PNG");
    std::FILE* const file = ::fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "rb");
    require<io_error>(file != nullptr, name, ": cannot be read from memory");
    struct closer {
        std::FILE* f;
        ~closer() { std::fclose(f); }
    } const closing{file};
    try {
        cimg_library::CImg<unsigned char> in;
        if (png) {
            unsigned bits = 0;
            cimg_library::CImg<unsigned short> deep;
            deep.load_png(file, &bits);
            if (bits > 8)
                for (auto& sample : deep)
                    sample = static_cast<unsigned short>((sample + 128u) / 257u);
            in = deep;
        } else
            in.load_bmp(file);
        return detail::from_cimg(in, name);
    } catch (cimg_library::CImgException const& e) {
        fail<format_error>(name, ": damaged photo: ", e.what());
    }
}

TRINE_INLINE std::string encode_png(image const& in) {
    cimg_library::CImg<unsigned char> const out(in.samples.data(), static_cast<unsigned>(in.width),
                                                static_cast<unsigned>(in.height), 1,
                                                static_cast<unsigned>(in.channels));
    struct memory_file {
        char* bytes = nullptr;
        std::size_t size = 0;
        std::FILE* file = ::open_memstream(&bytes, &size);
        void close() {
            if (file)
                std::fclose(std::exchange(file, nullptr));
        }
        ~memory_file() {
            close();
            std::free(bytes);
        }
    } to;
    require<io_error>(to.file != nullptr, "a PNG cannot be made: there is no memory");
    try {
        out.save_png(to.file);
    } catch (cimg_library::CImgException const& e) {
        fail<io_error>("a PNG cannot be made: ", e.what());
    }
    to.close();
    return {to.bytes, to.size};
}

TRINE_INLINE void save_png(image const& in, std::filesystem::path const& path) { io::write_file(path, encode_png(in)); }

TRINE_INLINE std::string encode_jpeg(image const& in, int quality) {
    require<argument_error>(quality >= 1 && quality <= 100, "a JPEG of quality ", quality,
                            ": it has to lie between 1 and 100");
    require<shape_error>((in.channels == 1 || in.channels == 3) && in.height > 0 && in.width > 0 &&
                             in.height <= JPEG_MAX_DIMENSION && in.width <= JPEG_MAX_DIMENSION,
                         "a photo of ", in.channels, "×", in.height, "×", in.width, " cannot be a JPEG");
    jpeg_compress_struct writer{};
    detail::jpeg_errors errors{};
    writer.err = errors.start();
    // Not on the stack: what changes there between setjmp and longjmp is lost.
    struct destination {
        unsigned char* bytes = nullptr;
        unsigned long size = 0;
        ~destination() { std::free(bytes); }
    };
    auto const to = std::make_unique<destination>();
    std::vector<unsigned char> row(in.width * in.channels);
    if (setjmp(errors.out) != 0) {
        jpeg_destroy_compress(&writer);
        fail<data_error>("a photo could not be made a JPEG: ", errors.message);
    }
    jpeg_create_compress(&writer);
    jpeg_mem_dest(&writer, &to->bytes, &to->size);
    writer.image_width = static_cast<JDIMENSION>(in.width), writer.image_height = static_cast<JDIMENSION>(in.height);
    writer.input_components = static_cast<int>(in.channels);
    writer.in_color_space = in.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&writer);
    jpeg_set_quality(&writer, quality, TRUE);
    writer.optimize_coding = TRUE;
    jpeg_start_compress(&writer, TRUE);
    while (writer.next_scanline < writer.image_height) {
        for (std::size_t x = 0; x < in.width; ++x)
            for (std::size_t c = 0; c < in.channels; ++c)
                row[x * in.channels + c] = in.samples[(c * in.height + writer.next_scanline) * in.width + x];
        JSAMPROW at = row.data();
        jpeg_write_scanlines(&writer, &at, 1);
    }
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    return {reinterpret_cast<char const*>(to->bytes), to->size};
}

} // namespace trine::data
