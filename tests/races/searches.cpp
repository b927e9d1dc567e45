// Searches of one index from many threads at once, for ThreadSanitizer: const means safe to call from many threads.
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/neighbors/exact.hpp>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include <trine/core/parallel.hpp>
#include <trine/core/random.hpp>

using namespace trine;

namespace {

constexpr std::size_t rows = 500, size = 32;

std::vector<float> values(std::size_t count, std::uint64_t seed) {
    random_stream stream(seed, purpose::user);
    std::vector<float> out(count * size);
    for (auto& v : out)
        v = static_cast<float>(stream.normal());
    return out;
}

bool same(neighbors::neighbor_lists const& a, neighbors::neighbor_lists const& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t k = 0; k < a[i].size(); ++k)
            if (!(a[i][k] == b[i][k]))
                return false;
    return a.size() == b.size();
}

// Eight threads ask for one query, a few and many, while loops have one to four threads.
template <class Storage, class Distance>
bool search_at_once(Distance distance) {
    auto const points = values(rows, 1), asked = values(40, 2);
    typename neighbors::exact_in<Storage>::template index<Distance> index(size, distance);
    index.add({points.data(), rows, size});
    index.remove(7);
    auto const& all = index;
    std::atomic<bool> right{true};
    std::vector<std::thread> callers;
    auto const one = all.search({asked.data(), 1, size}, 3), few = all.search({asked.data(), 3, size}, 5),
               many = all.search({asked.data(), 40, size}, 10);
    for (std::size_t t = 0; t < 8; ++t)
        callers.emplace_back([&, t] {
            set_thread_count(1 + t % 4);
            for (int r = 0; r < 4; ++r)
                if (!same(all.search({asked.data(), 1, size}, 3), one) ||
                    !same(all.search({asked.data(), 3, size}, 5), few) ||
                    !same(all.search({asked.data(), 40, size}, 10), many))
                    right = false;
        });
    for (auto& c : callers)
        c.join();
    return right;
}

} // namespace

int main() {
    bool const right = search_at_once<neighbors::storage::float32>(distances::euclidean{}) &&
                       search_at_once<neighbors::storage::float32>(distances::cosine{}) &&
                       search_at_once<neighbors::storage::float32>(distances::lp{.p = 1}) &&
                       search_at_once<neighbors::storage::int8>(distances::euclidean{});
    std::puts(right ? "every search found the same" : "a search found something else");
    return right ? 0 : 1;
}
