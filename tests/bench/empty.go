// The cheapest hook that Go can be: what its runtime costs to start.
package main

func main() {}
