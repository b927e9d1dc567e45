// make_corpus FOLDER: writes what the targets begin with, a folder for each: small good files of every kind, by our own
// writers where there are some. What is wrong with a file, fuzzing finds by itself; what is right, it seldom does.

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <png.h>

#include <trine/data/image_io.hpp>
#include <trine/io/npy.hpp>
#include <trine/io/npz.hpp>
#include <trine/neighbors/gallery.hpp>

#include "../support/image_files.hpp"
#include "galleries.hpp"
#include "graphs.hpp"
#include "reading.hpp"

using namespace trine;
namespace fs = std::filesystem;

namespace {

// The files of one target, numbered.
class seeds {
public:
    explicit seeds(fs::path folder) : folder_(std::move(folder)) { fs::create_directories(folder_); }
    void add(std::string_view bytes) {
        char name[16];
        std::snprintf(name, sizeof name, "seed-%02d", number_++);
        std::ofstream file(folder_ / name, std::ios::binary);
        file << bytes;
        require<io_error>(file.flush().good(), (folder_ / name).string(), ": cannot be written");
    }

private:
    fs::path folder_;
    int number_ = 0;
};

std::string little(std::uint64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i)
        out += static_cast<char>(value >> 8 * i & 255);
    return out;
}

data::image photo(std::size_t channels, std::size_t height, std::size_t width) {
    data::image i(channels, height, width);
    for (std::size_t at = 0; at < i.samples.size(); ++at)
        i.samples[at] = static_cast<std::uint8_t>(29 * at + at / 7);
    return i;
}

// The kinds of PNG that our own writer has no use for.
std::string png(int bits, int colour, int interlace) {
    constexpr png_uint_32 side = 9;
    std::string out;
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop about = png_create_info_struct(writer);
    std::vector<png_byte> row(8 * side);
    if (setjmp(png_jmpbuf(writer)) != 0) // NOLINT: libpng's way
        fail<io_error>("libpng cannot write a PNG of ", bits, " bits");
    png_set_write_fn(
        writer, &out,
        [](png_structp to, png_bytep bytes, std::size_t size) {
            static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<char*>(bytes), size);
        },
        [](png_structp) {});
    png_set_IHDR(writer, about, side, side, bits, colour, interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_color const palette[2] = {{1, 2, 3}, {200, 100, 50}};
    png_byte const clear[2] = {0, 128};
    if (colour == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(writer, about, palette, 2), png_set_tRNS(writer, about, clear, 2, nullptr);
    png_write_info(writer, about);
    int const passes = png_set_interlace_handling(writer);
    for (int pass = 0; pass < passes; ++pass)
        for (png_uint_32 y = 0; y < side; ++y) {
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] = colour == PNG_COLOR_TYPE_PALETTE ? 0 : static_cast<png_byte>(37 * i + y);
            png_write_row(writer, row.data());
        }
    png_write_end(writer, about);
    png_destroy_write_struct(&writer, &about);
    return out;
}

std::string bmp(std::size_t bits, std::int32_t height, std::size_t header = 40) {
    std::size_t const width = 5, rows = static_cast<std::size_t>(height < 0 ? -height : height);
    std::size_t const stride = (width * bits + 31) / 32 * 4, colours = bits <= 8 ? std::size_t{1} << bits : 0;
    std::size_t const entry = header == 12 ? 3 : 4, first = 14 + header + entry * colours;
    std::string out = "BM" + little(first + stride * rows, 4) + little(0, 4) + little(first, 4) + little(header, 4);
    if (header == 12)
        out += little(width, 2) + little(rows, 2) + little(1, 2) + little(bits, 2);
    else
        out += little(width, 4) + little(static_cast<std::uint32_t>(height), 4) + little(1, 2) + little(bits, 2) +
               little(0, 4) + little(stride * rows, 4) + little(2835, 8) + little(colours, 4) + little(0, 4) +
               std::string(header - 40, '\0');
    for (std::size_t i = 0; i < entry * colours + stride * rows; ++i)
        out += static_cast<char>(53 * i);
    return out;
}

// What cameras put before a photo: a small TIFF file with the orientation.
std::string with_exif(std::string const& jpeg, bool big_endian, int orientation) {
    auto const number = [&](std::uint64_t value, std::size_t bytes) {
        auto out = little(value, bytes);
        return big_endian ? std::string(out.rbegin(), out.rend()) : out;
    };
    auto const tiff = (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) +
                      number(3, 2) + number(1, 4) + number(static_cast<std::uint64_t>(orientation), 2) + number(0, 2) +
                      number(0, 4);
    auto const marker = std::string("Exif\0\0", 6) + tiff;
    auto const size = marker.size() + 2;
    return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(size >> 8) + static_cast<char>(size & 255) + marker +
           jpeg.substr(2);
}

void make_images(seeds to) {
    for (std::size_t channels : {1, 3}) {
        auto const p = photo(channels, 9, 11);
        to.add(data::encode_png(p));
        to.add(data::encode_jpeg(p, 80));
        to.add(with_exif(data::encode_jpeg(p, 90), channels == 1, channels == 1 ? 6 : 3));
    }
    to.add(data::encode_png(photo(4, 3, 3)));
    to.add(png(1, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE));
    to.add(png(16, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_ADAM7));
    to.add(png(2, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE));
    to.add(png(8, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_INTERLACE_ADAM7));
    // A chunk that says it had 700 MB, for which libpng once took them.
    auto huge = data::encode_png(photo(1, 2, 2));
    huge.insert(huge.find("IDAT") - 4, std::string("\x2b\0\0\x0b", 4) + "eXIf");
    to.add(huge);
    for (char const* file : {image_files::webp_lossless, image_files::webp_lossy, image_files::webp_with_exif,
                             image_files::webp_animated, image_files::gif_plain, image_files::tiff_colour,
                             image_files::tiff_grey, image_files::tiff_16_bits, image_files::tiff_turned})
        to.add(image_files::bytes_of(file));
    for (std::size_t bits : {1, 4, 8, 16, 24, 32})
        to.add(bmp(bits, bits == 24 ? -3 : 3));
    to.add(bmp(8, 3, 12));
    to.add(bmp(32, 2, 124));
    to.add("P1\n# a comment\n3 2\n1 0 1\n0 1 0\n");
    to.add("P2 3 2 255\n0 10 20 30 40 255\n");
    to.add("P3\n2 1\n15\n1 2 3 15 0 7\n");
    to.add("P4\n9 2\n\x0f\x01\xf0\x7f");
    to.add("P5\n3 2\n255\nabcdef");
    to.add(std::string("P6\n1 2\n65535\n\0\1\0\2\0\3\1\0\2\0\3\0", 24));
}

template <class Storage>
void make_galleries(seeds& to, fs::path const& folder) {
    fs::path const path = folder / ("people-" + std::string(Storage::name)), log = path.string() + ".log";
    auto const both = [&] {
        to.add(fuzz::gallery_input(io::read_file(path), fs::exists(log) ? io::read_file(log) : std::string()));
    };
    auto g = neighbors::gallery<Storage>::create(path, {"a network", "squared euclidean", 2});
    both();
    std::vector<std::string> const names{"Ada", "Grace", "Ada"}, sources{"a.jpg", "", "b.png"};
    std::vector<float> const points{1, 2, 3, -4, 0, 0.5f};
    g.add(names, sources, matrix_view<float const>(points.data(), 3, 2));
    both();
    g.rename("Grace", "Grace Hopper");
    g.remove(std::vector<std::size_t>{2});
    g.merge("Ada", "Grace Hopper");
    both();
    g.compact();
    both();
    g.add("Mary", "c.jpg", std::vector<float>{7, 8});
    both();
}

void make_npy(seeds to, fs::path const& folder) {
    auto const add = [&]<class T>(std::vector<std::size_t> shape, std::vector<T> const& values) {
        io::write_npy<T>(folder / "array.npy", shape, values);
        to.add(io::read_file(folder / "array.npy"));
    };
    add(std::vector<std::size_t>{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    add(std::vector<std::size_t>{}, std::vector<double>{1});
    add(std::vector<std::size_t>{0, 4}, std::vector<std::int64_t>{});
    add(std::vector<std::size_t>{3}, std::vector<std::uint8_t>{1, 2, 3});
    std::string const old = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";
    to.add("\x93NUMPY" + little(2, 1) + little(0, 1) + little(old.size(), 4) + old + "abcd");
}

void make_npz(seeds to) {
    io::npz none, some;
    to.add(none.serialize());
    some.add<float>("embeddings", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    some.add<std::int64_t>("labels", {2}, std::vector<std::int64_t>{1, 2});
    to.add(some.serialize());
}

void make_graphs(seeds to, fs::path const& folder) {
    std::vector<float> points;
    for (std::size_t i = 0; i < 12; ++i)
        for (std::size_t d = 0; d < fuzz::graph_dimensions; ++d)
            points.push_back(static_cast<float>((i * 7 + d * 3) % 11));
    for (std::size_t count : {0, 1, 12}) {
        fuzz::graph_index index(fuzz::graph_dimensions);
        index.add(matrix_view<float const>(points.data(), count, fuzz::graph_dimensions));
        if (count > 1)
            index.remove(1);
        index.save(folder / "graph");
        auto const file = io::safetensors::load(folder / "graph");
        auto const graph = file.get<std::uint8_t>("graph", file.find("graph").shape);
        to.add("g" + std::string(graph.begin(), graph.end()));
        to.add("f" + io::read_file(folder / "graph"));
    }
}

void make_texts(fs::path const& folder) {
    seeds json(folder / "json");
    json.add(R"({"a":[1,-2.5e-3,true,false,null,"\u00e9\ud83d\ude00\n"],"b":{"c":18446744073709551615}})");
    json.add("[[[[]]], {}, 1e308, \"\xc3\xa9\"]");
    seeds landmarks(folder / "landmarks");
    landmarks.add("file,probability,x1,y1,x2,y2,x3,y3,x4,y4,x5,y5\n"
                  "a.jpg,0.99,38.3,51.7,73.5,51.5,56.0,71.7,41.5,92.4,70.7,92.2\n"
                  "\"b, \"\"c\"\"\r\n.jpg\",1,1,2,3,4,5,6,7,8,9,10\r\n\n");
    seeds embeddings(folder / "embeddings");
    embeddings.add("label,0,1\nAda,1,-2.5e-3\n\"b, \"\"c\"\"\",0,inf\n");
    embeddings.add("label,0\r\n,1\r\nMary,3.4e38");
    seeds pairs(folder / "pairs");
    pairs.add("2\t1\nAda\t1\t2\nAda\t1\tGrace\t3\nMary\t1\t4\nMary\t2\tAda\t2\n");
    pairs.add("1 2\nA 1 2\nB 1 2\nA 1 B 1\nA 2 B 2\n");
    seeds text(folder / "text");
    text.add("Ada, \"Countess\"\r\n\x1b[31m \xc3\xa9 \xe2\x80\xae \xff");
    seeds options(folder / "options");
    auto const line = [&](std::vector<std::string> const& words) {
        std::string all;
        for (auto const& word : words)
            all += (all.empty() ? "" : std::string(1, '\0')) + word;
        options.add(all);
    };
    line({"--help"});
    line({"train", "--epochs", "12", "--share=0.5", "--crop"});
    line({"--seed", "7", "add", "people", "--name", "Ada", "-t", "1.5", "a.jpg", "[b].jpg"});
    line({"add", "people", "--backbone", "colour96", "--sizes", "2", "3", "--most", "18446744073709551615"});
    line({"add", "--", "people", "--name", "x"});
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_corpus FOLDER\n");
        return 1;
    }
    fs::path const to = argv[1];
    fuzz::scratch_folder const scratch;
    make_texts(to);
    make_images(seeds(to / "images"));
    make_npy(seeds(to / "npy"), scratch.path());
    make_npz(seeds(to / "npz"));
    make_graphs(seeds(to / "hnsw"), scratch.path());
    seeds galleries(to / "gallery");
    make_galleries<neighbors::storage::float32>(galleries, scratch.path());
    make_galleries<neighbors::storage::float16>(galleries, scratch.path());
    make_galleries<neighbors::storage::int8>(galleries, scratch.path());
    seeds tensors(to / "safetensors");
    io::safetensors file;
    tensors.add(file.serialize());
    file.metadata = {{"format", "pt"}};
    file.add<float>("conv1.weight", {2, 1}, std::vector<float>{1, 2});
    file.add<std::int64_t>("steps", {}, std::vector<std::int64_t>{7});
    file.add<std::uint8_t>("none", {0, 3}, std::vector<std::uint8_t>{});
    tensors.add(file.serialize());
} catch (std::exception const& e) {
    std::fprintf(stderr, "make_corpus: %s\n", e.what());
    return 1;
}
