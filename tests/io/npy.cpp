#include <trine/io/npy.hpp>

#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("npy files come back as they were written", "[io]") {
    temporary_folder const folder;
    std::vector<float> const values{1, 2, 3, 4, 5, 6};
    for (auto const& shape : {std::vector<std::size_t>{6}, {2, 3}, {1, 2, 3}}) {
        io::write_npy<float>(folder / "a.npy", shape, values);
        auto const back = io::read_npy<float>(folder / "a.npy");
        CHECK(back.shape == shape);
        CHECK(back.values == values);
    }
    CHECK_THROWS_WITH(io::read_npy<double>(folder / "a.npy"), Contains("holds <f4, not <f8"));
    auto bytes = io::read_file(folder / "a.npy");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        io::write_file(folder / "short.npy", std::string_view(bytes).substr(0, length));
        CHECK_THROWS_AS(io::read_npy<float>(folder / "short.npy"), format_error);
    }
    CHECK_THROWS_WITH(io::read_npy<float>(folder / "none.npy"), Contains("cannot be opened: No such file"));
}

namespace {

// A .npy file of one version with this header, and so many bytes behind it.
std::string npy_file(std::string const& header, std::size_t data, char version = 1) {
    std::string bytes = std::string("\x93NUMPY") + version + '\0';
    for (std::size_t i = 0; i < (version == 1 ? 2u : 4u); ++i)
        bytes += static_cast<char>(header.size() >> 8 * i & 255);
    return bytes + header + std::string(data, '\1');
}

} // namespace

TEST_CASE("headers of npy files are Python's, in any order and spacing", "[io]") {
    for (char version : {1, 2, 3}) {
        auto const h = io::npy_header::parse(
            npy_file("{'shape':(2,3), \"descr\": '<f8',  'fortran_order' :False}  \n", 48, version), "x");
        CHECK(h.shape == std::vector<std::size_t>{2, 3});
        CHECK(h.dtype == "<f8");
        CHECK(h.scalars == 6);
    }
    CHECK(io::npy_header::parse(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", 1), "x").scalars ==
          1);
    CHECK(io::npy_header::parse(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 5), }", 0), "x")
              .scalars == 0);
}

TEST_CASE("what is not the header of a npy file is refused where it is not", "[io]") {
    auto const refused = [](std::string const& header, std::size_t data, char const* message) {
        CAPTURE(header.substr(0, 100));
        CHECK_THROWS_WITH(io::npy_header::parse(npy_file(header, data, 2), "x"), Contains(message));
        CHECK_THROWS_AS(io::npy_header::parse(npy_file(header, data, 2), "x"), format_error);
    };
    refused("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4, "is in Fortran order");
    refused("{'fortran_order': False, 'shape': (1,), }", 4, "no dtype in its header");
    refused("{'descr': '<f4', 'shape': (1,), }", 4, "no order in its header");
    refused("{'descr': '<f4', 'fortran_order': False, }", 4, "no shape in its header");
    refused("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 4, "a second descr at byte");
    refused("{'descr': '<f4', 'other': 1}", 4, "an unknown key other at byte");
    refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4, "no ' at byte 10 of its header");
    refused("{'descr': '<f4", 4, "a text without an end");
    refused("{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (1,)}", 4, "no } at byte");
    refused("{'descr': '<f4', 'fortran_order': false, 'shape': (1,)}", 4, "no F at byte");
    refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", 4, "no extent at byte");
    refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}", 4, "no ) at byte");
    refused("{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}", 4, "no extent at byte");
    refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 4, "its shape needs more");
    for (char const* shape : {"(0, 4611686018427387904)", "(4611686018427387905, 0)", "(4294967296, 0, 4294967296)"})
        refused("{'descr': '<f4', 'fortran_order': False, 'shape': " + std::string(shape) + "}", 0, " its ");
    refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4, "something follows its header");
    refused("{'descr': '<f0', 'fortran_order': False, 'shape': (1,)}", 4, "a dtype of <f0");
    refused("{'descr': '<f123', 'fortran_order': False, 'shape': (1,)}", 4, "a dtype of <f123");
    refused("{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}", 16, "a dtype of <U4");
    refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 5, "5 bytes for 1 values");
    refused("", 4, "no { at byte 0 of its header");
    // However long, it ends: the stack does not grow with it.
    std::string many = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    while (many.size() < 60'000)
        many += "1, ";
    CHECK(io::npy_header::parse(npy_file(many + ")}", 4), "x").scalars == 1);
    refused(std::string(30'000, ' '), 4, "no { at byte 30000 of its header");
    refused(std::string(io::npy_header::longest + 1, ' '), 4, "a header of 65537 bytes, where 65536 are read");
    CHECK_THROWS_WITH(io::npy_header::parse(npy_file("{}", 0, 9), "x"), Contains("a version of 9"));
}

TEST_CASE("an array whose npy file could not be read is not written", "[io]") {
    temporary_folder const folder;
    std::vector<float> const one{1};
    CHECK_THROWS_WITH(io::write_npy<float>(folder / "a.npy", std::vector<std::size_t>(30'000, 1), one),
                      Contains("a shape of 30000 dimensions"));
    CHECK_THROWS_WITH(io::write_npy<float>(folder / "a.npy", {2}, one), Contains("a shape of 2 values for 1"));
    std::size_t const half = std::size_t{1} << 32;
    CHECK_THROWS_WITH(io::write_npy<float>(folder / "a.npy", {half, half}, {}), Contains("more values than can be"));
    CHECK_THROWS_WITH(io::write_npy<float>(folder / "a.npy", {0, half, half}, {}), Contains("more values than can be"));
    CHECK(!std::filesystem::exists(folder / "a.npy"));
}
