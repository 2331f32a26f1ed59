#include "tests/support/private_mount_namespace.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

namespace motoko::testing {
namespace {

base::Status make_namespace() {
  if (::unshare(CLONE_NEWNS) != 0) return base::errno_error(errno, "unshare the mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return base::errno_error(errno, "make / private");
  }
  return {};
}

}  // namespace

base::Status enter_private_mount_namespace() {
  static const base::Status outcome = make_namespace();
  return outcome;
}

}  // namespace motoko::testing
