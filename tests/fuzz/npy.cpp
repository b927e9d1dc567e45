// A .npy file alone, of two scalar types, and as one of a folder of named tensors.

#include <trine/io/npy.hpp>
#include <trine/io/npy_folder.hpp>

#include "reading.hpp"

using namespace trine;

namespace {

template <class T>
void check(std::string_view bytes, io::npy_header const& header) {
    if (header.dtype != io::numpy_dtype<T>())
        return;
    auto const values = io::npy_values<T>(header, bytes);
    std::size_t count = 1;
    for (std::size_t side : values.shape)
        count *= side;
    fuzz::hold(values.values.size() == count);
}

} // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text(data, size);
    bool const is_taken = fuzz::accepts([&] {
        auto const header = io::npy_header::parse(bytes, "input");
        fuzz::hold(header.data <= size);
        check<float>(bytes, header), check<double>(bytes, header), check<std::uint8_t>(bytes, header);
    });
    static auto const inside = fuzz::folder() / "tensors";
    std::filesystem::create_directory(inside);
    auto const path = fuzz::put("tensors/conv1.weight.npy", bytes);
    bool const is_float = fuzz::accepts([&] { (void)io::read_npy<float>(path); });
    bool const is_tensor = fuzz::accepts([&] { (void)io::load_npy_folder(inside); });
    fuzz::hold(is_taken || !is_float); // the file is the bytes
    fuzz::hold(is_tensor || !is_float);
    return 0;
}
