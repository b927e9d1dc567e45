#include "outputs.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

#include <trine/core/error.hpp>

namespace fs = std::filesystem;
using trine::argument_error, trine::io_error, trine::require;

namespace program {

namespace {

bool is_inside(fs::path const& inner, fs::path const& outer) {
    auto const way = inner.lexically_relative(outer);
    return !way.empty() && *way.begin() != "..";
}
fs::path resolved(fs::path const& path) {
    std::error_code code;
    auto real = fs::weakly_canonical(fs::absolute(path, code), code);
    if (code || real.empty())
        real = fs::absolute(path, code).lexically_normal();
    return real.has_filename() ? real : real.parent_path();
}

void require_apart(std::string_view option, fs::path const& output, inputs const& read) {
    auto const real = resolved(output);
    for (auto const& input : read) {
        std::error_code code;
        if (input.empty())
            continue;
        require<argument_error>(real != resolved(input) && !fs::equivalent(output, input, code), option, ": ",
                                output.string(), " is read too, and would be written over: choose another place");
        require<argument_error>(!fs::is_directory(input, code) || !is_inside(real, resolved(input)), option, ": ",
                                output.string(), " lies in ", input.string(),
                                ", which is read: choose a place outside");
    }
}

// `name`, or with a number before its extension, so that no two are alike.
fs::path other_than(std::set<fs::path>& given, fs::path const& name) {
    auto fresh = name;
    for (std::size_t n = 2; !given.insert(fresh).second; ++n) {
        fresh = name.parent_path() / name.stem();
        fresh += "_" + std::to_string(n);
        fresh += name.extension();
    }
    return fresh;
}

fs::path inner_name(fs::path const& inside, fs::path const& folder) {
    auto const name = inside.lexically_normal();
    require<io_error>(name.is_relative() && name.has_filename() && *name.begin() != ".." && name != ".",
                      inside.string(), ": is not a name inside ", folder.string());
    return name;
}

void make_folders(fs::path const& folder) {
    std::error_code code;
    fs::create_directories(folder, code);
    require<io_error>(!code, folder.string(), ": cannot be created: ", code.message());
}

void require_writable(std::string_view option, fs::path const& folder) {
    bool const is_writable = ::access(folder.c_str(), W_OK | X_OK) == 0; // before the cause is asked for
    require<io_error>(is_writable, option, ": ", folder.string(), ": cannot be written to: ", std::strerror(errno));
}

} // namespace

void require_output_file(std::string_view option, fs::path const& file, inputs const& read) {
    std::error_code code;
    auto const parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
    require<io_error>(fs::is_directory(parent, code), option, ": ", file.string(), ": there is no folder ",
                      parent.string());
    require<io_error>(!fs::is_directory(file, code), option, ": ", file.string(), ": is a folder, not a file");
    require_writable(option, parent);
    require_apart(option, file, read);
}

void require_other_file(std::string_view option, fs::path const& file, std::vector<fs::path> const& written) {
    for (auto const& other : written)
        require<argument_error>(file.empty() || other.empty() || resolved(file) != resolved(other), option, ": ",
                                file.string(), " is written anyway, for something else: choose another name");
}

void require_output_folder(std::string_view option, fs::path const& folder, inputs const& read) {
    require_apart(option, folder, read);
    std::error_code code;
    require<io_error>(!fs::exists(folder, code) || fs::is_directory(folder, code), option, ": ", folder.string(),
                      ": is a file, not a folder");
    fs::create_directories(folder, code);
    require<io_error>(!code, option, ": ", folder.string(), ": cannot be created: ", code.message());
    require_writable(option, folder);
}

output_folder::output_folder(std::string_view option, fs::path folder, inputs const& read)
    : folder_(std::move(folder)) {
    require_output_folder(option, folder_, read);
    canonical_ = resolved(folder_);
    for (auto const& input : read)
        reads(input);
}

void output_folder::reads(fs::path const& file) {
    struct stat s;
    if (::stat(file.c_str(), &s) == 0)
        read_.emplace(s.st_dev, s.st_ino);
}

fs::path output_folder::place(fs::path const& inside) {
    auto const to = folder_ / other_than(given_, inner_name(inside, folder_));
    make_folders(to.parent_path());
    require<io_error>(is_inside(resolved(to), canonical_), to.string(), ": a link leads out of ", folder_.string());
    struct stat s;
    require<io_error>(::stat(to.c_str(), &s) != 0 || !read_.contains({s.st_dev, s.st_ino}), to.string(),
                      ": is a file that is read, and would be written over");
    return to;
}

whole_folder::whole_folder(std::string_view option, fs::path folder, std::string const& program, inputs const& read)
    : mark_("." + program) {
    require_apart(option, folder, read);
    // What is read must not be replaced either.
    for (auto const& input : read)
        require<argument_error>(input.empty() || !is_inside(resolved(input), resolved(folder)), option, ": ",
                                input.string(), " lies in ", folder.string(), ", which is to be written");
    folder_ = resolved(folder);
    std::error_code code;
    require<io_error>(!fs::exists(folder_, code) || fs::is_directory(folder_, code), option, ": ", folder.string(),
                      ": is a file, not a folder");
    if (fs::is_directory(folder_, code)) {
        std::ifstream list(folder_ / mark_, std::ios::binary);
        std::set<std::string> own{mark_.string()};
        for (std::string name; std::getline(list, name, '\0');)
            own.insert(name);
        fs::recursive_directory_iterator at(folder_, code), end;
        for (; !code && at != end; at.increment(code)) {
            auto const name = at->path().lexically_relative(folder_).string();
            std::error_code unknown;
            bool const is_folder = at->symlink_status(unknown).type() == fs::file_type::directory;
            require<argument_error>(own.contains(name) || (is_folder && own.size() > 1), option, ": ", folder.string(),
                                    " holds other files already (", name, "): choose an empty folder, or a new one");
        }
        require<io_error>(!code, option, ": ", folder.string(), ": cannot be looked through: ", code.message());
    }
    make_folders(folder_.parent_path());
    require_writable(option, folder_.parent_path());
    auto pattern = folder_.string() + ".XXXXXX";
    bool const is_made = ::mkdtemp(pattern.data()) != nullptr; // before the cause is asked for
    require<io_error>(is_made, option, ": ", folder.string(), ": cannot be created: ", std::strerror(errno));
    temporary_ = pattern;
}

whole_folder::~whole_folder() {
    std::error_code code;
    if (!temporary_.empty())
        fs::remove_all(temporary_, code);
}

void whole_folder::copy(fs::path const& file, fs::path const& inside) {
    auto const name = other_than(given_, inner_name(inside, folder_));
    auto const to = temporary_ / name;
    make_folders(to.parent_path());
    std::error_code code;
    fs::copy_file(file, to, code);
    require<io_error>(!code, file.string(), ": cannot be copied to ", (folder_ / name).string(), ": ", code.message());
}

void whole_folder::commit() {
    {
        std::ofstream list(temporary_ / mark_, std::ios::binary);
        for (auto const& name : given_)
            list << name.string() << '\0';
        list.close();
        require<io_error>(list.good(), folder_.string(), ": cannot be written");
    }
    std::error_code code;
    // Folders cannot be exchanged in one step everywhere: for an instant there is none, but both are on the disk.
    auto const before = temporary_.string() + ".old";
    bool const replaces = fs::exists(folder_, code);
    if (replaces)
        fs::rename(folder_, before, code);
    require<io_error>(!code, folder_.string(), ": cannot be replaced: ", code.message());
    fs::rename(temporary_, folder_, code);
    if (code) {
        auto const why = code.message();
        if (replaces)
            fs::rename(before, folder_, code);
        trine::fail<io_error>(folder_.string(), ": cannot be written: ", why);
    }
    temporary_.clear();
    fs::remove_all(before, code);
}

} // namespace program
