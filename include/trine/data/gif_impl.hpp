#pragma once

#include "gif.hpp"

#ifdef TRINE_GIF

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <vector>

#include <gif_lib.h>

#include "../core/error.hpp"
#include "pixel_limit.hpp"

namespace trine::data {

namespace detail {

class gif_reader {
public:
    gif_reader(std::string_view bytes, std::string const& name) : bytes_(bytes), name_(name) {
        int error = 0;
        file_ = DGifOpen(this, &gif_reader::take, &error);
        if (file_ == nullptr)
            give_up(error);
    }
    ~gif_reader() { DGifCloseFile(file_, nullptr); }
    gif_reader(gif_reader const&) = delete;
    gif_reader& operator=(gif_reader const&) = delete;

    image read(std::size_t most_pixels) {
        find_picture();
        auto const& frame = file_->Image;
        auto const side = [](int v) { return static_cast<std::size_t>(v); }; // 16 bits of the file
        std::size_t const left = side(frame.Left), top = side(frame.Top), rows = side(frame.Height),
                          columns = side(frame.Width);
        std::size_t height = side(file_->SHeight), width = side(file_->SWidth);
        if (height == 0 || width == 0) // as some write who think of one picture alone
            height = top + rows, width = left + columns;
        require_pixels(name_, height, width, most_pixels);
        require_pixels(name_, rows, columns, most_pixels);
        ColorMapObject const* const colours = frame.ColorMap != nullptr ? frame.ColorMap : file_->SColorMap;
        require<format_error>(colours != nullptr, name_, ": damaged GIF: it has no colours");

        image pixels(3, height, width);
        if (top > 0 || left > 0 || top + rows < height || left + columns < width)
            fill_background(pixels);
        std::vector<GifPixelType> line(columns);
        // Rows come in passes where the picture is interlaced.
        struct pass {
            std::size_t first, step;
        };
        constexpr std::array<pass, 4> interlaced{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}}, in_order{{{0, 1}}};
        auto const& passes = frame.Interlace ? interlaced : in_order;
        for (std::size_t p = 0; p < (frame.Interlace ? 4 : 1); ++p)
            for (std::size_t y = passes[p].first; y < rows; y += passes[p].step) {
                if (DGifGetLine(file_, line.data(), static_cast<int>(columns)) == GIF_ERROR)
                    give_up(file_->Error);
                for (std::size_t x = 0; x < columns; ++x) {
                    require<format_error>(line[x] < colours->ColorCount, name_, ": damaged GIF: a pixel has colour ",
                                          int{line[x]}, " of ", colours->ColorCount);
                    if (top + y < height && left + x < width)
                        put(pixels, top + y, left + x, colours->Colors[line[x]]);
                }
            }
        return pixels;
    }

private:
    static int take(GifFileType* file, GifByteType* to, int wanted) {
        auto& self = *static_cast<gif_reader*>(file->UserData);
        auto const count = std::min(static_cast<std::size_t>(wanted), self.bytes_.size());
        std::copy_n(self.bytes_.data(), count, reinterpret_cast<char*>(to));
        self.bytes_.remove_prefix(count);
        return static_cast<int>(count);
    }

    [[noreturn]] void give_up(int error) const {
        if (error == D_GIF_ERR_NOT_ENOUGH_MEM)
            throw std::bad_alloc();
        if (error == D_GIF_ERR_READ_FAILED || error == D_GIF_ERR_EOF_TOO_SOON)
            fail<format_error>(name_, ": damaged GIF: it ends too early");
        char const* const what = GifErrorString(error);
        fail<format_error>(name_, ": damaged GIF: ", what != nullptr ? what : "unknown error");
    }

    static void put(image& pixels, std::size_t y, std::size_t x, GifColorType const& colour) {
        pixels(0, y, x) = colour.Red, pixels(1, y, x) = colour.Green, pixels(2, y, x) = colour.Blue;
    }

    void fill_background(image& pixels) const {
        auto const* const colours = file_->SColorMap;
        if (colours == nullptr || file_->SBackGroundColor >= colours->ColorCount)
            return;
        for (std::size_t y = 0; y < pixels.height; ++y)
            for (std::size_t x = 0; x < pixels.width; ++x)
                put(pixels, y, x, colours->Colors[file_->SBackGroundColor]);
    }

    // What comes before the first picture says how to show it, or is a comment.
    void find_picture() {
        for (;;) {
            GifRecordType kind = UNDEFINED_RECORD_TYPE;
            if (DGifGetRecordType(file_, &kind) == GIF_ERROR)
                give_up(file_->Error);
            if (kind == IMAGE_DESC_RECORD_TYPE) {
                if (DGifGetImageDesc(file_) == GIF_ERROR)
                    give_up(file_->Error);
                return;
            }
            require<format_error>(kind == EXTENSION_RECORD_TYPE, name_, ": damaged GIF: it has no picture");
            int code = 0;
            GifByteType* block = nullptr;
            if (DGifGetExtension(file_, &code, &block) == GIF_ERROR)
                give_up(file_->Error);
            while (block != nullptr)
                if (DGifGetExtensionNext(file_, &block) == GIF_ERROR)
                    give_up(file_->Error);
        }
    }

    std::string_view bytes_;
    std::string const& name_;
    GifFileType* file_ = nullptr;
};

} // namespace detail

TRINE_INLINE image decode_gif(std::string_view bytes, std::string const& name, std::size_t most_pixels) {
    return detail::gif_reader(bytes, name).read(most_pixels);
}

} // namespace trine::data

#endif
