#include <trine/core/processors.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <trine/core/parallel.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
namespace fs = std::filesystem;

namespace {

struct machine {
    temporary_folder folder;

    void file(std::string const& name, std::string const& text) const {
        auto const path = folder / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    processor_limits limits() const { return find_processor_limits(folder.path().string()); }
};

} // namespace

TEST_CASE("quotas of control groups are found, the least of all around a process", "[parallel]") {
    machine m;
    CHECK(!m.limits().quota);
    SECTION("version 2") {
        m.file("proc/self/cgroup", "0::/a.slice/b.scope\n");
        m.file("sys/fs/cgroup/cpu.max", "max 100000\n");
        m.file("sys/fs/cgroup/a.slice/cpu.max", "150000 100000\n");
        m.file("sys/fs/cgroup/a.slice/b.scope/cpu.max", "400000 100000\n");
        CHECK(m.limits().quota == 1.5);
        m.file("sys/fs/cgroup/a.slice/cpu.max", "max 100000\n");
        CHECK(m.limits().quota == 4.0);
    }
    SECTION("version 2 in a container, which sees its own group as the root") {
        m.file("proc/self/cgroup", "0::/\n");
        m.file("sys/fs/cgroup/cpu.max", "20000 100000\n");
        CHECK(m.limits().quota == 0.2);
        CHECK(m.limits().usable() == 1);
    }
    SECTION("version 1") {
        m.file("proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/docker/1f\n1:name=systemd:/\n");
        m.file("sys/fs/cgroup/cpu/docker/1f/cpu.cfs_quota_us", "-1\n");
        m.file("sys/fs/cgroup/cpu/docker/1f/cpu.cfs_period_us", "100000\n");
        CHECK(!m.limits().quota);
        m.file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n"); // a container whose path is the host's
        m.file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        CHECK(m.limits().quota == 2.5);
    }
    SECTION("what cannot be read limits nothing") {
        m.file("proc/self/cgroup", "nonsense\n0:\n::\n\n9:cpu:\n0::/a");
        m.file("sys/fs/cgroup/a/cpu.max", "0 0\n");
        CHECK(!m.limits().quota);
    }
}

TEST_CASE("processors are those that there are", "[parallel]") {
    machine m;
    m.file("sys/devices/system/cpu/online", "0-3,8,10-1023\n");
    CHECK(m.limits().present == 4 + 1 + 1014);
    m.file("sys/devices/system/cpu/online", "rubbish");
    CHECK(m.limits().present >= m.limits().allowed);
    CHECK(processor_limits{.present = 64, .allowed = 8, .quota = 2.7}.usable() == 2);
    CHECK(processor_limits{.present = 64, .allowed = 8, .quota = 12.0}.usable() == 8);
    CHECK(processor_limits{.present = 64, .allowed = 8, .quota = 0.3}.usable() == 1);
    CHECK(find_processor_limits().usable() >= 1);
}

TEST_CASE("the number of threads is said, and why", "[parallel]") {
    with_threads const few(1);
    if (find_processor_limits().present > 1 && find_processor_limits().usable() > 1)
        CHECK(describe_threads() == "1 thread (of " + std::to_string(find_processor_limits().present) +
                                        " processors: as many as were asked for)");
    set_thread_count(1023);
    CHECK(describe_threads() == "1023 threads");
}
