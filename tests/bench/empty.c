/* The cheapest hook there can be: what a fork, an exec and an exit cost on this machine. */
int main(void)
{
	return 0;
}
