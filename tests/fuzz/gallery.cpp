// A gallery's file and its log: what is taken can be asked, searched, changed, compacted, and is then as it was.

#include <vector>

#include <trine/distances/euclidean.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery.hpp>
#include <trine/neighbors/gallery_search.hpp>

#include "galleries.hpp"
#include "reading.hpp"

using namespace trine;
using neighbors::access;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (auto const [file, log] = fuzz::gallery_parts(fuzz::text(data, size)); seed % 4 != 0 && !log.empty())
        fuzz::mend_log(reinterpret_cast<char*>(data) + (size - log.size()), log.size());
    return size;
}

namespace {

template <class Storage>
std::vector<std::string> contents(neighbors::gallery<Storage> const& g) {
    std::vector<std::string> all;
    for (std::size_t place = 0; place < g.places(); ++place)
        if (!g.is_removed(place)) {
            auto const point = g.point(place);
            all.push_back(g.name(place) + '\n' + g.source(place) + '\n' +
                          std::string(reinterpret_cast<char const*>(point.data()), 4 * point.size()));
        }
    return all;
}

template <class Storage>
void read(std::filesystem::path const& path) {
    using gallery = neighbors::gallery<Storage>;
    auto g = gallery::open(path);
    auto before = contents(g);
    fuzz::hold(before.size() == g.size());
    std::size_t photos = 0;
    for (auto const& [name, count] : g.people()) {
        photos += count;
        fuzz::hold(g.photos_of(name).size() <= count);
    }
    fuzz::hold(photos == g.size() && !g.refresh());
    if (g.size() > 0 && g.dimensions() <= 64 && fuzz::accepts([&] { g.check_points(); })) {
        std::vector<float> const query(g.dimensions(), 0.5f);
        fuzz::accepts([&] {
            neighbors::gallery_search<neighbors::exact, distances::squared_euclidean, Storage> search;
            auto const found = search.search(g, {query.data(), 1, query.size()}, std::min<std::size_t>(g.size(), 3));
            for (auto const& n : found[0])
                fuzz::hold(!g.is_removed(n.index));
        });
    }
    std::string const who = before.empty() ? "nobody" : g.people().begin()->first;
    std::vector<float> const point(g.dimensions(), 1.0f);
    // An error from here on says why the gallery stays as it was, or the change was made.
    fuzz::accepts([&] {
        auto w = gallery::open(path, access::write);
        fuzz::hold(contents(w) == before);
        w.add("somebody new", "a photo", point);
        fuzz::hold(g.refresh() && contents(g) == contents(w));
        w.rename("somebody new", "somebody known");
        fuzz::accepts([&] { w.merge(who, "somebody known"); });
        w.remove(std::vector<std::size_t>{w.photos_of("somebody known").front()});
        auto const now = contents(w);
        fuzz::hold(now.size() == before.size());
        w.compact();
        fuzz::hold(contents(w) == now && contents(gallery::open(path)) == now);
    });
    (void)contents(gallery::open(path));
}

} // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const [file, log] = fuzz::gallery_parts(fuzz::text(data, size));
    for (auto const& left : std::filesystem::directory_iterator(fuzz::folder().path()))
        std::filesystem::remove(left.path());
    auto const both = [&, &file = file, &log = log](auto storage) {
        fuzz::accepts([&] {
            auto const path = fuzz::put("people", file);
            if (log.empty())
                std::filesystem::remove(fuzz::folder() / "people.log");
            else
                fuzz::put("people.log", log);
            read<decltype(storage)>(path);
        });
    };
    if (file.find("float16") != file.npos)
        both(neighbors::storage::float16{});
    else if (file.find("int8") != file.npos)
        both(neighbors::storage::int8{});
    else
        both(neighbors::storage::float32{});
    return 0;
}
