internal import ArgumentParser
struct Simulate: AsyncParsableCommand { }
