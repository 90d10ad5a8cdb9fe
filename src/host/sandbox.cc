#include "host/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/channel.h"
#include "host/errno_error.h"

namespace tarn::host {
namespace {

constexpr std::uint64_t kTruncate = 1u << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE, younger than Debian 12's headers

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

// Everything that this version of Landlock can forbid: bits 0 to 12 since 1, REFER since 2, TRUNCATE since 3.
std::uint64_t handled_by(long version) {
  std::uint64_t handled = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (version >= 2) handled |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) handled |= kTruncate;
  return handled;
}

Result<void> allow(int ruleset, const Path& path, std::uint64_t access) {
  Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.valid()) return fail_errno("open for the sandbox", path);
  struct stat status;
  if (::fstat(place.get(), &status) != 0) return fail_errno("look at", path);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? access : access & kOfFiles;
  rule.parent_fd = place.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return fail_errno("allow in the sandbox", path);
  return {};
}

Result<int> confine_files(const Sandbox& sandbox) {
  long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return 0;  // ENOSYS: not in this kernel; EOPNOTSUPP: switched off at boot
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = handled_by(version);
  Descriptor ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset.valid()) return fail_errno("make", "a Landlock ruleset");
  for (const Path& path : sandbox.read_only) TARN_TRY(allow(ruleset.get(), path, kRead));
  std::uint64_t all_but_execute = attributes.handled_access_fs & ~std::uint64_t{LANDLOCK_ACCESS_FS_EXECUTE};
  for (const Path& path : sandbox.read_write) TARN_TRY(allow(ruleset.get(), path, all_but_execute));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return fail_errno("enter", "a Landlock ruleset");
  return static_cast<int>(version);
}

Result<void> limit(__rlimit_resource resource, const char* name, std::optional<Bytes> max) {
  if (!max) return {};
  rlimit wanted{max->count(), max->count()};
  if (::setrlimit(resource, &wanted) != 0) return fail_errno("set", name);
  return {};
}

}  // namespace

Result<Confinement> enter_sandbox(const Sandbox& sandbox) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("set", "no_new_privs");
  Confinement confinement;
  TARN_ASSIGN(confinement.landlock_version, confine_files(sandbox));
  TARN_TRY(limit(RLIMIT_DATA, "RLIMIT_DATA", sandbox.data_max));
  TARN_TRY(limit(RLIMIT_AS, "RLIMIT_AS", sandbox.address_space_max));
  return confinement;
}

Result<void> die_with_parent(int parent_pid) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail_errno("set", "the parent-death signal");
  if (::getppid() != parent_pid) return fail(Code::kUnavailable, "the process that started this one is gone");
  return {};
}

}  // namespace tarn::host
