#include "host/signals.h"

#include <signal.h>
#include <unistd.h>

#include <initializer_list>

namespace tarn::host {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

sigset_t interrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_stop_signals() {
  sigset_t set = stop_signals();
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A program started in the background of a shell has SIGINT ignored, and an ignored signal never becomes pending.
  for (int number : {SIGINT, SIGTERM}) signal(number, SIG_DFL);
}

int wait_for_stop_signal() {
  sigset_t set = stop_signals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

void block_interrupt() {
  sigset_t set = interrupt();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_interrupt() {
  sigset_t set = interrupt();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
}

void exit_now(int code) { _exit(code); }

}  // namespace tarn::host
