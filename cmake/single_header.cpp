// Writes all headers that a header of the library includes into one file: single_header include/trine/trine.hpp
// single/trine.hpp

#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

namespace {

std::set<fs::path> done;
std::set<std::string> others; // library headers at the top of a file; those inside conditions stay where they are

void write(fs::path const& path, fs::path const& root, std::ostream& out) {
    if (!done.insert(fs::canonical(path)).second)
        return;
    std::ifstream file(path);
    if (!file)
        throw std::runtime_error(path.string() + ": cannot be opened");
    out << "// ---- " << fs::relative(path, root).string() << "\n";
    int depth = 0;
    for (std::string line; std::getline(file, line);) {
        if (line == "#pragma once")
            continue;
        if (line.rfind("#if", 0) == 0)
            ++depth;
        if (line.rfind("#endif", 0) == 0)
            --depth;
        if (line.rfind("#include \"", 0) == 0) {
            write(path.parent_path() / line.substr(10, line.rfind('"') - 10), root, out);
            continue;
        }
        if (line.rfind("#include <", 0) == 0 && depth == 0 && !others.insert(line).second)
            continue;
        out << line << "\n";
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::cerr << "usage: single_header HEADER OUTPUT\n";
        return 2;
    }
    fs::path const header = argv[1], to = argv[2];
    std::ostringstream out;
    out << "// Trine, all that trine.hpp includes, as one header. Made from " << header.filename().string()
        << "; change that instead.\n#pragma once\n\n";
    write(header, header.parent_path().parent_path(), out);
    fs::create_directories(to.parent_path());
    std::ofstream(to) << out.str();
    return 0;
} catch (std::exception const& e) {
    std::cerr << "single_header: " << e.what() << "\n";
    return 1;
}
