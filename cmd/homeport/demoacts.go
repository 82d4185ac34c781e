package main

import (
	"context"
	"fmt"
	"path/filepath"

	"homeport/agent"
	"homeport/backup/store"
	"homeport/cause"
	"homeport/simulator"
)

// first is the first backup of a phone that has never seen this computer.
func (d *demo) first(ctx context.Context) error {
	d.title("Anna plugs in her iPhone for the first time")
	d.anna.Attach()
	if _, err := d.await(ctx, annaUDID, agent.Finished); err != nil {
		return err
	}
	if err := d.prove(ctx, 1); err != nil {
		return err
	}
	return d.unplug(ctx, d.anna)
}

// second is an incremental backup after a day's changes.
func (d *demo) second(ctx context.Context) error {
	d.title("A day later: some photos more, some gone, some changed")
	d.anna.Add(40)
	d.anna.Modify(25)
	d.anna.Delete(15)
	d.anna.Attach()
	e, err := d.await(ctx, annaUDID, agent.Finished)
	if err != nil {
		return err
	}
	if r := e.Result; r.Full || r.NewBytes*4 > r.Bytes {
		return fmt.Errorf("the second backup was not small: %d of %d bytes, full: %v", r.NewBytes, r.Bytes, r.Full)
	}
	d.aside("only %s of %s came over the cable; what did not change shares its space", cause.Bytes(e.Result.NewBytes), cause.Bytes(e.Result.Bytes))
	if err := d.prove(ctx, 2); err != nil {
		return err
	}
	return d.unplug(ctx, d.anna)
}

// tooSmall is a phone that this disk cannot take.
func (d *demo) tooSmall(ctx context.Context) error {
	d.title("Ben's iPhone is fuller than this disk is empty")
	d.ben.Attach()
	e, err := d.await(ctx, benUDID, agent.Failed)
	if err != nil {
		return err
	}
	if e.Error.Cause != cause.HostDiskFull {
		return fmt.Errorf("the backup of Ben's phone was refused because of %s, not of the disk", e.Error.Cause)
	}
	if n := d.ben.Counts().Backups + d.ben.Counts().Sheets; n != 0 {
		return fmt.Errorf("the phone of Ben was asked for a backup though there is no room")
	}
	d.aside("refused before the phone was even asked for its passcode")
	return d.unplug(ctx, d.ben)
}

// pulled is a cable that is pulled in the middle of a backup, and put back.
func (d *demo) pulled(ctx context.Context) error {
	d.title("Anna pulls the cable in the middle of a backup")
	d.anna.Add(300)
	sent := d.anna.Traffic(simulator.ChannelBackup).Out
	cut := d.anna.Play(simulator.CutAfter{Channel: simulator.ChannelBackup, Bytes: 50_000_000, Kind: simulator.Detached})
	d.anna.Attach()
	e, err := d.await(ctx, annaUDID, agent.Failed)
	if err != nil {
		return err
	}
	if e.Error.Cause != cause.DeviceDisconnected || !cut[0].Fired() {
		return fmt.Errorf("the pulled cable was told as %s", e.Error.Cause)
	}
	before := d.anna.Traffic(simulator.ChannelBackup).Out - sent
	if err := d.prove(ctx, 2); err != nil {
		return err
	}
	d.aside("the versions from before are untouched; now she plugs it in again")
	d.anna.Attach()
	if e, err = d.await(ctx, annaUDID, agent.Finished); err != nil {
		return err
	}
	after := d.anna.Traffic(simulator.ChannelBackup).Out - sent - before
	d.aside("%s came before the cut, %s after it: it went on where it stopped", cause.Bytes(before), cause.Bytes(after))
	if e.Result.NewBytes < before+after/2 && after > e.Result.NewBytes {
		return fmt.Errorf("the resumed backup began anew: %d bytes before the cut, %d after", before, after)
	}
	if err := d.prove(ctx, 3); err != nil {
		return err
	}
	return d.unplug(ctx, d.anna)
}

// unplug pulls a phone's cable while nothing runs, and waits until that is told.
func (d *demo) unplug(ctx context.Context, p *simulator.Phone) error {
	p.Detach()
	_, err := d.await(ctx, p.UDID(), agent.Unplugged)
	return err
}

// prove reads every byte of every version of Anna's phone.
func (d *demo) prove(ctx context.Context, want int) error {
	list, err := d.store.Versions(ctx, annaUDID)
	if err != nil {
		return err
	}
	if len(list) != want {
		return fmt.Errorf("there are %d versions, not %d", len(list), want)
	}
	for _, v := range list {
		report, err := d.store.Verify(ctx, v, store.Full, nil)
		if err != nil {
			return err
		}
		if !report.OK {
			return fmt.Errorf("version %s is damaged: %+v", v.ID, report.Damage)
		}
	}
	d.aside("%s read again, byte for byte: whole", count(len(list), "version", "versions"))
	return nil
}

// curtain says where everything is.
func (d *demo) curtain(ctx context.Context) error {
	d.title("That was it. What is there now")
	list, err := d.store.Versions(ctx, annaUDID)
	if err != nil {
		return err
	}
	d.app.printVersions(list)
	d.app.printf(`
look at them:      homeport versions list --dest %[1]s
prove them again:  homeport versions verify --dest %[1]s
without Homeport:  cd %[2]s && sha256sum --quiet -c SHA256SUMS
the log:           %[3]s
away with it:      rm -r %[4]s
`, d.store.Path(), list[0].Path, filepath.Join(d.cfg.Log.Dir, "homeport.log"), filepath.Dir(d.store.Path()))
	return nil
}
