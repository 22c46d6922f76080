// Whatever a Go program links of its runtime.
package main

func main() { println("hello") }
