#pragma once

#include "tiff.hpp"

#ifdef TRINE_TIFF

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include <tiffio.h>

#include "../core/error.hpp"
#include "orientation.hpp"
#include "pixel_limit.hpp"

namespace trine::data {

namespace detail {

// A file that libtiff reads from memory, and what it complained of last.
class tiff_reader {
public:
    tiff_reader(std::string_view bytes, std::string const& name, std::size_t most_pixels) : bytes_(bytes), name_(name) {
        TIFFOpenOptions* const options = TIFFOpenOptionsAlloc();
        if (options == nullptr)
            throw std::bad_alloc();
        TIFFOpenOptionsSetErrorHandlerExtR(options, &tiff_reader::keep, this);
        TIFFOpenOptionsSetWarningHandlerExtR(options, &tiff_reader::ignore, this);
        // No more at once than the pixels of the largest photo take with four samples of 16 bits.
        constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
        TIFFOpenOptionsSetMaxSingleMemAlloc(
            options,
            static_cast<tmsize_t>(std::min(most, most_pixels > most / 8 ? most : most_pixels * 8 + (1 << 20))));
        // "m": the file is memory already, and none is mapped.
        file_ = TIFFClientOpenExt("", "rm", this, &tiff_reader::take, &tiff_reader::refuse, &tiff_reader::seek,
                                  &tiff_reader::close, &tiff_reader::size, nullptr, nullptr, options);
        TIFFOpenOptionsFree(options);
        if (file_ == nullptr)
            give_up();
    }
    ~tiff_reader() { TIFFClose(file_); }
    tiff_reader(tiff_reader const&) = delete;
    tiff_reader& operator=(tiff_reader const&) = delete;

    image read(std::size_t most_pixels) {
        std::uint32_t width = 0, height = 0;
        std::uint16_t orientation = 1, kind = PHOTOMETRIC_RGB;
        require<format_error>(TIFFGetField(file_, TIFFTAG_IMAGEWIDTH, &width) == 1 &&
                                  TIFFGetField(file_, TIFFTAG_IMAGELENGTH, &height) == 1 && width > 0 && height > 0,
                              name_, ": damaged TIFF: it does not say how large it is");
        require_pixels(name_, height, width, most_pixels);
        TIFFGetFieldDefaulted(file_, TIFFTAG_ORIENTATION, &orientation);
        TIFFGetField(file_, TIFFTAG_PHOTOMETRIC, &kind);
        if (orientation < 1 || orientation > 8)
            orientation = 1;
        char why[1024] = "";
        if (TIFFRGBAImageOK(file_, why) == 0)
            fail<format_error>(name_, ": a TIFF of a kind that is not read: ", why);
        // As it is stored: libtiff only mirrors, where the photo may have to be turned.
        std::vector<std::uint32_t> raster(std::size_t{height} * width);
        if (TIFFReadRGBAImageOriented(file_, width, height, raster.data(), orientation, 1) == 0)
            give_up();
        bool const grey = kind == PHOTOMETRIC_MINISBLACK || kind == PHOTOMETRIC_MINISWHITE;
        image pixels(grey ? 1 : 3, height, width);
        for (std::size_t c = 0; c < pixels.channels; ++c)
            std::transform(raster.begin(), raster.end(),
                           pixels.samples.begin() + static_cast<std::ptrdiff_t>(c * raster.size()),
                           [shift = 8 * c](std::uint32_t v) { return static_cast<std::uint8_t>(v >> shift); });
        return upright(std::move(pixels), orientation);
    }

private:
    static tiff_reader& self(thandle_t handle) { return *static_cast<tiff_reader*>(handle); }
    static int keep(TIFF*, void* reader, char const*, char const* format, std::va_list values) {
        auto& to = self(reader).message_;
        std::vsnprintf(to, sizeof to, format, values);
        return 1;
    }
    static int ignore(TIFF*, void*, char const*, char const*, std::va_list) { return 1; }
    static tmsize_t take(thandle_t handle, void* to, tmsize_t wanted) {
        auto& r = self(handle);
        if (wanted <= 0 || r.at_ >= r.bytes_.size())
            return 0;
        auto const count =
            std::min(static_cast<std::size_t>(wanted), r.bytes_.size() - static_cast<std::size_t>(r.at_));
        std::memcpy(to, r.bytes_.data() + r.at_, count);
        r.at_ += count;
        return static_cast<tmsize_t>(count);
    }
    static tmsize_t refuse(thandle_t, void*, tmsize_t) { return 0; }
    static toff_t seek(thandle_t handle, toff_t to, int from) {
        auto& r = self(handle);
        return r.at_ = from == SEEK_CUR ? r.at_ + to : from == SEEK_END ? r.bytes_.size() + to : to;
    }
    static int close(thandle_t) { return 0; }
    static toff_t size(thandle_t handle) { return self(handle).bytes_.size(); }

    [[noreturn]] void give_up() const {
        if (std::strstr(message_, "memory") != nullptr)
            fail<data_error>(name_, ": there is no memory for its pixels");
        fail<format_error>(name_, ": damaged TIFF: ", message_[0] != '\0' ? message_ : "it cannot be read");
    }

    std::string_view bytes_;
    std::string const& name_;
    toff_t at_ = 0;
    char message_[512] = "";
    TIFF* file_ = nullptr;
};

} // namespace detail

TRINE_INLINE image decode_tiff(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    return detail::tiff_reader(bytes, name, most_pixels).read(most_pixels);
}

} // namespace trine::data

#endif
