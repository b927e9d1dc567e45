// Recognisers that learn and name at once, each in a thread of its own, and a gallery that many read while it is
// written, for ThreadSanitizer: const means safe to call from many threads.
#include <trine/backbones/compact.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery.hpp>
#include <trine/recognition/recognizer.hpp>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace trine;

namespace {

template <class Work>
void at_once(std::size_t threads, Work const& work) {
    std::vector<std::thread> all;
    for (std::size_t t = 0; t < threads; ++t)
        all.emplace_back([&work, t] {
            set_thread_count(1 + t % 3);
            work(t);
        });
    for (auto& one : all)
        one.join();
}

std::string taught() {
    recognizer<backbones::compact<nn::shape<1, 32, 32>, 16, 4>, miners::batch_hard, losses::triplet_margin,
               distances::squared_euclidean, neighbors::exact>
        who;
    auto const people = data::synthetic_faces{.height = 32, .width = 32}.make(4, 4);
    who.fit(people, {.epochs = 1}); // batches are made in the background
    who.enroll(people);
    std::string all;
    for (auto const& found : who.identify(people.tensors(), 2))
        all += found.name + std::to_string(found.distance);
    return all;
}

// A recogniser is one thread's (`identify` is not const); several at once share the threads of the loops alone.
bool learn_at_once() {
    auto const expected = taught();
    std::atomic<bool> right{true};
    at_once(3, [&](std::size_t) {
        if (taught() != expected)
            right = false;
    });
    return right;
}

// One writer; readers of their own, and one reader that several threads ask.
bool read_while_written() {
    auto const folder = std::filesystem::temp_directory_path() / ("trine-races-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    auto const path = folder / "people.gallery";
    std::vector<float> const point(8, 1.0f);
    auto writer = neighbors::gallery<>::create(path, {"a network", "euclidean", 8});
    for (int i = 0; i < 20; ++i)
        writer.add("person " + std::to_string(i % 5), std::to_string(i), point);
    auto const shared = neighbors::gallery<>::open(path);
    std::atomic<bool> right{true};
    at_once(6, [&](std::size_t t) {
        if (t == 0) {
            for (int i = 0; i < 10; ++i)
                writer.add("somebody", std::to_string(i), point), writer.compact();
            return;
        }
        auto own = neighbors::gallery<>::open(path);
        for (int i = 0; i < 10; ++i) {
            own.refresh();
            if (shared.photos_of("person 1").size() != 4 || own.photos_of("person 2").size() != 4)
                right = false;
        }
    });
    std::filesystem::remove_all(folder);
    return right;
}

} // namespace

int main() {
    bool const right = learn_at_once() && read_while_written();
    std::puts(right ? "everybody was named as before" : "somebody was named otherwise");
    return right ? 0 : 1;
}
