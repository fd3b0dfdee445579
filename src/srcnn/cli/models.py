"""`srcnn models`."""

import click

from srcnn.cli.options import json_option
from srcnn.cli.say import say_json

_KEYS = ("name", "scale", "weights", "macs_per_pixel", "set5_psnr", "set14_psnr", "licence", "training_data")


@click.command("models")
@json_option
@click.option("--markdown", is_flag=True, help="Print the table of the README.")
def models_command(as_json: bool, markdown: bool) -> None:
    """List the shipped models with their cost and quality."""
    from srcnn.zoo.cards import markdown_table, shipped_cards

    if markdown:
        click.echo(markdown_table(), nl=False)
        return
    cards = shipped_cards()
    if as_json:
        say_json([{key: getattr(card, key) for key in _KEYS} for card in cards])
        return
    click.echo("model            scale  weights  MAC/pixel  of chroma   Set5 dB  Set14 dB  trained on")
    for card in cards:
        chroma = f"{card.chroma.macs_per_pixel:,}" if card.chroma else ""
        click.echo(
            f"{card.name:<16} {'x' + str(card.scale):>5}  {card.weights:>7,}  {card.macs_per_pixel:>9,}  {chroma:>9}"
            f"  {card.set5_psnr:>8.2f}  {card.set14_psnr:>8.2f}  {', '.join(card.training_sets)}"
        )
