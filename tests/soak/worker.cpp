// Does to one gallery what it is told on standard input, a line at a time, and answers each line: "ok …" when it is
// done (a gallery's change then lasts), "error …" when the library says why not. run.py asks, kills and compares.

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <trine/backbones/compact.hpp>
#include <trine/core/hash.hpp>
#include <trine/core/random.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery_search.hpp>
#include <trine/recognition/recognizer.hpp>

using namespace trine;
using neighbors::access;

namespace {

constexpr std::size_t size_of_point = 32;
neighbors::gallery_identity const identity{"soak", identity_of(distances::squared_euclidean{}).text(), size_of_point};

// A photo of a face: near the other photos of that face, and far from those of others.
std::vector<float> photo_of(std::uint64_t face, std::uint64_t number) {
    random_stream whose(1, purpose::user, face, 0), which(2, purpose::user, face, number);
    std::vector<float> point(size_of_point);
    for (float& v : point)
        v = static_cast<float>(whose.normal() + 0.1 * which.normal());
    return point;
}

std::size_t resident_kilobytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

class worker {
public:
    explicit worker(std::filesystem::path path) : path_(std::move(path)) {}

    std::string answer(std::string const& line) {
        std::istringstream words(line);
        std::string what, a, b;
        words >> what;
        if (what == "create")
            held_.emplace(neighbors::gallery<>::create(path_, identity));
        else if (what == "open")
            held_.reset(), held_.emplace(neighbors::gallery<>::open(path_, identity, access::write));
        else if (what == "read")
            held_.reset(), held_.emplace(neighbors::gallery<>::open(path_, identity));
        else if (what == "refresh")
            return held().refresh() ? "ok new" : "ok old";
        else if (what == "add") {
            std::uint64_t face = 0, first = 0, count = 0;
            words >> a >> face >> first >> count;
            std::vector<std::string> names(count, a), sources;
            std::vector<float> points;
            for (std::uint64_t i = first; i < first + count; ++i) {
                sources.push_back(std::to_string(face) + ":" + std::to_string(i));
                auto const point = photo_of(face, i);
                points.insert(points.end(), point.begin(), point.end());
            }
            held().add(names, sources, matrix_view<float const>(points.data(), count, size_of_point));
        } else if (what == "remove" && words >> a)
            held().remove(a);
        else if (what == "purge" && words >> a)
            held().purge(a);
        else if (what == "rename" && words >> a >> b)
            held().rename(a, b);
        else if (what == "merge" && words >> a >> b)
            held().merge(a, b);
        else if (what == "compact")
            held().compact();
        else if (what == "list")
            return list();
        else if (what == "find") {
            std::uint64_t face = 0;
            words >> face;
            auto const query = photo_of(face, 999983);
            neighbors::gallery_search<neighbors::exact, distances::squared_euclidean> people;
            auto const found = people.search(held(), matrix_view<float const>(query.data(), 1, size_of_point), 1);
            return "ok " + (found[0].empty() ? std::string("nobody") : held().name(found[0][0].index));
        } else if (what == "train")
            return "ok " + train();
        else if (what == "memory")
            return "ok " + std::to_string(resident_kilobytes());
        else
            return "error no such order: " + line;
        return "ok";
    }

private:
    neighbors::gallery<>& held() {
        require<argument_error>(held_.has_value(), "no gallery is open");
        return *held_;
    }
    std::string list() {
        std::map<std::string, std::string> people;
        auto& g = held();
        for (std::size_t place = 0; place < g.places(); ++place)
            if (!g.is_removed(place))
                people[g.name(place)] += " " + g.source(place);
        std::string all = "ok";
        for (auto const& [name, sources] : people)
            all += "\t" + name + sources;
        return all;
    }
    // Learns a little, enrols and names; the same every time.
    static std::string train() {
        recognizer<backbones::compact<nn::shape<1, 32, 32>, 16, 8>, miners::batch_hard, losses::triplet_margin,
                   distances::squared_euclidean, neighbors::exact>
            who;
        auto const people = data::synthetic_faces{.height = 32, .width = 32, .seed = 7}.make(6, 4);
        who.fit(people, {.epochs = 2});
        who.enroll(people);
        auto const found = who.identify(people.tensors(), 1);
        std::string all;
        for (auto const& f : found)
            all += f.name + std::to_string(f.distance);
        return std::to_string(checksum(all));
    }

    std::filesystem::path path_;
    std::optional<neighbors::gallery<>> held_;
};

} // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: soak_worker GALLERY < orders\n");
        return 2;
    }
    worker w(words[1]);
    for (std::string line; std::getline(std::cin, line);) {
        std::string answer;
        try {
            answer = w.answer(line);
        } catch (trine::error const& e) {
            answer = std::string("error ") + e.what();
        }
        std::puts(answer.c_str());
        std::fflush(stdout);
    }
    return 0;
}
