#pragma once

#include <array>

namespace trine::visual::detail {

using colour = std::array<unsigned char, 3>;

// Okabe and Ito's palette, whose colours colour-blind people distinguish.
inline constexpr colour black{0, 0, 0}, white{255, 255, 255}, grey{150, 150, 150}, light{225, 225, 225},
    blue{0, 114, 178}, orange{213, 94, 0}, green{0, 158, 115};

} // namespace trine::visual::detail
