// Four threads that add to one number under a Mutex; with an argument, to one beside it as well.
import Glibc
import Synchronization

enum Numbers {
    static let locked = Mutex(0)
    nonisolated(unsafe) static var bare = 0
}

func add(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    for _ in 0..<20_000 {
        Numbers.locked.withLock { $0 += 1 }
        if CommandLine.argc > 1 { Numbers.bare += 1 }
    }
    return nil
}

var threads = [pthread_t](repeating: 0, count: 4)
for index in threads.indices { pthread_create(&threads[index], nil, add, nil) }
for thread in threads { pthread_join(thread, nil) }
print(Numbers.locked.withLock { $0 })
