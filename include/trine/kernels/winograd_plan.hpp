#pragma once

/// How Winograd's convolution is cut into tiles, blocks of tiles and parts of its outputs, and what memory each takes.

#include <algorithm>
#include <cstddef>
#include <utility>

#include "register_tile.hpp"

namespace trine::kernels {

/// Panels of outputs from `first` to before `last`.
struct panel_range {
    std::size_t first, last;
    std::size_t count() const { return last - first; }
};

/// Whole images, or some rows of tiles of one.
struct winograd_block {
    std::size_t first_image, images, first_tile_row, tile_rows;
};

/// How the output of a convolution is cut into tiles and blocks of tiles.
struct winograd_plan {
    std::size_t batch, height, width, channels, out_height, out_width, outputs, padding;
    std::size_t tile_outputs, tile, tiles_y, tiles_x;
    std::size_t images_per_block, rows_per_block, blocks_per_image, blocks;
    std::size_t splits; ///< groups of panels that each work on a block, where blocks are few
    std::size_t parts;  ///< parts of the panels whose weights are transformed one after the other, where all would take
                        ///< too much memory

    template <class W, class T>
    static winograd_plan make(std::size_t batch, std::size_t height, std::size_t width, std::size_t channels,
                              std::size_t outputs, std::size_t padding) {
        winograd_plan p{};
        p.batch = batch, p.height = height, p.width = width, p.channels = channels, p.outputs = outputs,
        p.padding = padding;
        p.out_height = height + 2 * padding - W::kernel + 1, p.out_width = width + 2 * padding - W::kernel + 1;
        p.tile_outputs = W::outputs, p.tile = W::tile;
        p.tiles_y = (p.out_height + W::outputs - 1) / W::outputs,
        p.tiles_x = (p.out_width + W::outputs - 1) / W::outputs;
        // Enough tiles to use each transformed weight often, few enough for V to stay in L2.
        std::size_t const per_image = p.tiles_y * p.tiles_x, bytes = p.tile * p.tile * p.v_stride<T>() * sizeof(T);
        std::size_t const wanted = std::clamp<std::size_t>(640 * 1024 / bytes, 2 * tile_rows, 4 * tile_rows);
        if (per_image <= wanted) {
            p.images_per_block = std::min(batch, wanted / per_image);
            p.rows_per_block = p.tiles_y, p.blocks_per_image = 1;
            p.blocks = (batch + p.images_per_block - 1) / p.images_per_block;
            // An even number of them, of equal size if the batch allows it, so that threads have as much to do.
            if (p.blocks > 3)
                p.images_per_block = (batch + p.blocks / 2 * 2 - 1) / (p.blocks / 2 * 2),
                p.blocks = (batch + p.images_per_block - 1) / p.images_per_block;
        } else {
            p.images_per_block = 1;
            std::size_t const rows = std::max<std::size_t>(1, wanted / p.tiles_x);
            p.blocks_per_image = (p.tiles_y + rows - 1) / rows;
            // Of few images an even number, so that half of the threads have the upper half of an image in every layer,
            // and keep what they wrote in their caches.
            if (batch < 16)
                p.blocks_per_image += p.blocks_per_image % 2;
            p.rows_per_block = (p.tiles_y + p.blocks_per_image - 1) / p.blocks_per_image;
            p.blocks_per_image = (p.tiles_y + p.rows_per_block - 1) / p.rows_per_block;
            p.blocks = batch * p.blocks_per_image;
        }
        p.splits = std::clamp<std::size_t>((8 + p.blocks - 1) / p.blocks, 1, panel_count<T>(outputs));
        // Small maps of many channels: parts of 2 MB, and all tiles, are less than all weights, which would be most of
        // a training step's scratch.
        constexpr std::size_t whole = 16 * 1024 * 1024 / sizeof(T), part = 2 * 1024 * 1024 / sizeof(T);
        bool const cut = p.weights_size<T>() > whole && 2 * p.all_tiles_size<T>() < p.weights_size<T>();
        p.parts = cut ? std::min(panel_count<T>(outputs), (p.weights_size<T>() + part - 1) / part) : 1;
        return p;
    }
    winograd_block block(std::size_t i) const {
        if (blocks_per_image == 1)
            return {i * images_per_block, std::min(images_per_block, batch - i * images_per_block), 0, tiles_y};
        std::size_t const first = i % blocks_per_image * rows_per_block;
        return {i / blocks_per_image, 1, first, std::min(rows_per_block, tiles_y - first)};
    }
    /// The block's first row of outputs, counted over the whole batch, and how many it has.
    std::size_t first_row(winograd_block const& b) const {
        return b.first_image * out_height + b.first_tile_row * tile_outputs;
    }
    std::size_t rows(winograd_block const& b) const {
        return b.images * std::min(b.tile_rows * tile_outputs, out_height - b.first_tile_row * tile_outputs);
    }
    template <class T>
    std::size_t v_stride() const {
        return staggered<T>(channels);
    }
    // From one position to the next, in V and in M.
    template <class T>
    std::size_t v_position() const {
        return staggered<T>(tiles_per_block() * v_stride<T>());
    }
    template <class T>
    std::size_t m_position() const {
        return staggered<T>(tiles_per_block() * panel_width<T>(outputs));
    }
    std::size_t tiles_per_block() const { return images_per_block * rows_per_block * tiles_x; }
    std::size_t rows_of_block() const { return images_per_block * std::min(rows_per_block * tile_outputs, out_height); }
    template <class T>
    std::size_t v_size() const {
        return tile * tile * v_position<T>();
    }
    template <class T>
    std::size_t all_tiles_size() const {
        return blocks * v_size<T>();
    }
    template <class T>
    std::size_t thread_scratch(bool sink_only, bool transforms = true) const {
        return (transforms ? v_size<T>() : 0) + tile * tile * m_position<T>() +
               (sink_only && splits == 1 ? rows_of_block() * out_width * outputs : 0);
    }
    /// The panels of a part, and their outputs.
    template <class T>
    panel_range part(std::size_t i) const {
        std::size_t const panels = panel_count<T>(outputs);
        return {panels * i / parts, panels * (i + 1) / parts};
    }
    template <class T>
    std::pair<std::size_t, std::size_t> outputs_of(panel_range const& some) const {
        std::size_t const each = panel_width<T>(outputs);
        return {some.first * each, std::min(some.last * each, outputs)};
    }
    /// Scalars from one position to the next in the transformed weights of so many panels.
    template <class T>
    std::size_t weights_position(panel_range const& some) const {
        return staggered<T>(some.count() * channels * panel_width<T>(outputs));
    }
    template <class T>
    std::size_t weights_size(panel_range const& some) const {
        return tile * tile * weights_position<T>(some);
    }
    template <class T>
    panel_range all_panels() const {
        return {0, panel_count<T>(outputs)};
    }
    template <class T>
    std::size_t weights_size() const {
        return weights_size<T>(all_panels<T>());
    }
    /// The largest part.
    template <class T>
    panel_range largest_part() const {
        return {0, (panel_count<T>(outputs) + parts - 1) / parts};
    }
    template <class T>
    std::size_t part_size() const {
        return weights_size<T>(largest_part<T>());
    }
};

} // namespace trine::kernels
