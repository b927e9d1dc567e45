// Command lines, a word between zero bytes: whatever is asked for, a program that goes to work has values within their
// ranges; one that does not says why and ends with a code of its own.

#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include <fcntl.h>

#include "options.hpp"
#include "reading.hpp"

namespace {

// Messages of a million wrong command lines are of no use: the standard streams lead nowhere while it lives.
class quiet {
public:
    quiet() { turn(nowhere, nowhere); }
    ~quiet() { turn(out, err); }

private:
    static void turn(int first, int second) {
        std::fflush(stdout), std::fflush(stderr);
        ::dup2(first, 1), ::dup2(second, 2);
    }
    static inline int const out = ::dup(1), err = ::dup(2), nowhere = ::open("/dev/null", O_WRONLY);
};

} // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::vector<std::string> words{"gallery"};
    for (std::string_view rest = fuzz::text(data, size); !rest.empty() && words.size() < 64;) {
        auto const end = std::min(rest.find('\0'), rest.size());
        words.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    using namespace program;
    options app("gallery", "Known people.");
    std::size_t seed = 1, epochs = 3;
    double threshold = 0.5;
    std::optional<double> share;
    std::optional<std::size_t> most;
    bool crop = false;
    app.number("--seed", seed, any_seed, "a seed");
    auto& train = app.command("train", "learns");
    train.number("--epochs,-e", epochs, range(1, 1000), "how long");
    train.number("--share", share, above(0.0, 1.0), "a share");
    train.flag("--crop", crop, "cut");
    std::string name, backbone = "grey64";
    std::filesystem::path file;
    std::vector<std::filesystem::path> photos;
    std::vector<std::size_t> sizes;
    auto& add = app.command("add", "adds");
    add.path("gallery", file, "a file").required();
    add.text("--name", name, "who");
    add.choice("--backbone", backbone, {"grey64", "colour96"}, "network");
    add.number("--threshold,-t", threshold, range(0.0, 4.0), "how far");
    add.number("--most", most, range(0, 18'446'744'073'709'551'615u), "how many");
    add.numbers("--sizes", sizes, range(2, 9), "sizes");
    add.paths("photos", photos, "photos");
    add.check([&] { require_product("--seed", seed, "--epochs", epochs, 1'000'000, "things"); });
    bool went = false;
    int const code = [&] {
        quiet const hush;
        return app.run(static_cast<int>(words.size()), argv.data(), [&] {
            went = true;
            fuzz::hold(train.chosen() || add.chosen());
            fuzz::hold(seed <= any_seed.most && epochs >= 1 && epochs <= 1000);
            fuzz::hold(threshold >= 0 && threshold <= 4 && !std::signbit(threshold));
            fuzz::hold(!share || (*share > 0 && *share <= 1));
            for (std::size_t s : sizes)
                fuzz::hold(s >= 2 && s <= 9);
            fuzz::hold(backbone == "grey64" || backbone == "colour96");
            fuzz::hold(!add.chosen() || !file.empty());
            for (auto const& p : photos)
                fuzz::hold(!p.empty());
            return 77;
        });
    }();
    fuzz::hold(went == (code == 77));
    return 0;
}
