#include "kernels/base/team.hpp"

#include <algorithm>
#include <system_error>

namespace pil_kmeans {
namespace {

// Wait a moment for something that mostly comes soon: to sleep and to be woken takes as long as many a run.
template <typename Came>
void wait_awake(const Came& came) {
    constexpr int kTimes = 100;
    for (int i = 0; i < kTimes && !came(); ++i) std::this_thread::yield();
}

}  // namespace

Team::Team(int n_threads)
    : n_threads_(std::clamp(n_threads, 1,
                            n_threads <= kMostThreads
                                ? kMostThreads
                                : std::max(kMostThreads, static_cast<int>(std::thread::hardware_concurrency())))) {}

Team::~Team() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Team::run(std::size_t n_tasks, const Task& task) {
    if (n_threads_ == 1 || n_tasks <= 1) {
        for (std::size_t i = 0; i < n_tasks; ++i) task(i, 0);
        return;
    }
    while (threads_.size() + 1 < size()) {
        const std::size_t worker = threads_.size() + 1;
        try {
            threads_.emplace_back([this, worker] { work(worker); });
        } catch (const std::system_error&) {
            break;  // the system has no more threads to give: fewer do the same work
        }
    }
    {
        const std::lock_guard lock(mutex_);
        task_ = &task;
        n_tasks_ = n_tasks;
        next_ = 0;
        error_ = nullptr;
        ++n_runs_;
    }
    start_.notify_all();
    drain(task, n_tasks, 0);
    wait_awake([this] { return n_busy_ == 0; });
    std::unique_lock lock(mutex_);
    task_ = nullptr;
    done_.wait(lock, [this] { return n_busy_ == 0; });
    if (error_) std::rethrow_exception(error_);
}

void Team::work(std::size_t worker) {
    std::size_t seen = 0;
    for (;;) {
        wait_awake([&] { return stop_ || n_runs_ != seen; });
        std::unique_lock lock(mutex_);
        start_.wait(lock, [&] { return stop_ || (task_ && n_runs_ != seen); });
        if (stop_) return;
        seen = n_runs_;
        const Task& task = *task_;
        const std::size_t n_tasks = n_tasks_;
        ++n_busy_;
        lock.unlock();
        drain(task, n_tasks, worker);
        lock.lock();
        if (--n_busy_ == 0) done_.notify_one();
    }
}

void Team::drain(const Task& task, std::size_t n_tasks, std::size_t worker) {
    for (std::size_t i; (i = next_++) < n_tasks;) {
        try {
            task(i, worker);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!error_) error_ = std::current_exception();
            next_ = n_tasks;
        }
    }
}

}  // namespace pil_kmeans
