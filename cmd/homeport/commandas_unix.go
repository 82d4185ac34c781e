//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// commandAs prepares a program that runs as an account, with that one's environment and
// nothing of this one's, its terminal neither; without a name it is this account.
func commandAs(ctx context.Context, name, program string, args ...string) (*exec.Cmd, error) {
	if name == "" {
		return exec.CommandContext(ctx, program, args...), nil
	}
	owner, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("find the account %s: %w", name, err)
	}
	ids := []string{owner.Uid, owner.Gid}
	if groups, err := owner.GroupIds(); err == nil {
		ids = append(ids, groups...)
	}
	numbers := make([]uint32, len(ids))
	for i, id := range ids {
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("find the account %s: %w", name, err)
		}
		numbers[i] = uint32(n)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"HOME=" + owner.HomeDir, "USER=" + owner.Username, "LOGNAME=" + owner.Username, "PATH=/usr/local/bin:/usr/bin:/bin"}
	switch me := os.Geteuid(); {
	case me == 0:
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: numbers[0], Gid: numbers[1], Groups: numbers[2:]}}
	case me != int(numbers[0]):
		return nil, errNotOurs
	}
	return cmd, nil
}
