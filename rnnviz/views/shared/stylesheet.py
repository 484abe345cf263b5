"""The style sheet, only for what Fusion leaves ugly; every size is a multiple of 4 pixels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from rnnviz.views.shared.theme import Theme

_SHEET = """
QLabel[role="muted"] { color: $muted; }
QLabel[role="caption"] { font-size: 11pt; font-weight: 500; }
QFrame[role="story"] { background: $tint; border-bottom: 1px solid $border; }
QLabel[role="story-title"] { font-size: 12pt; font-weight: 600; }
QLabel[role="story-caption"] { font-size: 11pt; }
QLabel[large="true"] { font-size: 17pt; }
QLabel[role="story-title"][large="true"] { font-size: 22pt; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="card"] { background: $raised; color: $text; border: 1px solid $border;
    border-radius: 6px; padding: 4px 8px; }
QLabel[role="refusal"] { background: $raised; color: $bad; border: 1px solid $bad;
    border-radius: 6px; padding: 4px 8px; }
QLabel[role="problem"] { color: $bad; padding: 4px 12px; }
QLabel[role="warning"] { color: $warning; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QDockWidget { color: $muted; font-weight: 600; titlebar-close-icon: none;
    titlebar-normal-icon: url("$icons/external-link.svg"); }
QDockWidget::title { background: $surface; padding: 8px 12px; border-bottom: 1px solid $border; }
QDockWidget::close-button, QDockWidget::float-button {
    border: none; border-radius: 4px; padding: 0; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $tint; }

QToolBar { background: $surface; border: none; border-bottom: 1px solid $border;
    padding: 4px 8px; spacing: 4px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px 8px; }
QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 4px 8px;
    color: $text; background: transparent; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $tint; color: $accent; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $faint; }
QToolButton[role="fold"], QToolButton[role="fold"]:checked { color: $muted; font-weight: 600;
    background: transparent; padding: 4px 0; }
QToolButton::menu-indicator { image: none; }
QToolButton[segment] { border: 1px solid $border; border-radius: 0; padding: 4px 10px;
    background: $background; color: $muted; margin-left: -1px; }
QToolButton[segment]:hover { background: $hover; color: $text; }
QToolButton[segment]:checked { background: $tint; color: $accent; font-weight: 600; }
QToolButton[segment]:focus { border: 2px solid $accent; padding: 3px 9px; }
QToolButton[segment="first"] { border-top-left-radius: 6px; border-bottom-left-radius: 6px;
    margin-left: 0; }
QToolButton[segment="last"] { border-top-right-radius: 6px; border-bottom-right-radius: 6px; }

QPushButton { border: 1px solid $border; border-radius: 6px; padding: 6px 16px;
    background: $raised; color: $text; min-height: 16px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed, QPushButton:checked { background: $tint; }
QPushButton:focus { border-color: $accent; }
QPushButton:default { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton:default:focus { border: 2px solid $text; padding: 5px 15px; }
QToolButton[role="mini"] { padding: 0 6px; font-size: 9pt; }
QPushButton[role="small"] { padding: 2px 10px; min-height: 14px; }
QPushButton[role="bar"] { padding: 6px 10px; }
QPushButton:disabled { color: $faint; background: $surface; border-color: $border; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    border: 1px solid $border; border-radius: 6px; background: $background; color: $text;
    padding: 4px 8px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: 20px; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    color: $faint; background: $surface; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $faint; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus,
QTextEdit:focus { border: 2px solid $accent; padding: 3px 7px; }
QAbstractSpinBox[refused="true"], QAbstractSpinBox[refused="true"]:focus {
    border: 2px solid $bad; padding: 3px 7px; color: $bad; }
QComboBox { combobox-popup: 0; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$icons/chevron-down.svg"); width: 12px; height: 12px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    border: none; width: 20px; background: transparent; }
QAbstractSpinBox::up-arrow {
    image: url("$icons/chevron-up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow {
    image: url("$icons/chevron-down.svg"); width: 10px; height: 10px; }
QComboBox QAbstractItemView { border: 1px solid $border; background: $raised; outline: none;
    padding: 4px; selection-background-color: $tint; selection-color: $text; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $faint; border-radius: 4px;
    background: $background; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:focus { border: 2px solid $accent; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$icons/check.svg"); }
QCheckBox::indicator:disabled { border-color: $border; background: $surface; }

QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: $surface; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 8px 5px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; }
QTabBar::scroller { width: 20px; }
QTabBar QToolButton { background: $surface; border: none; border-radius: 0; padding: 0; }
QTabBar QToolButton:hover { background: $hover; }
QTabBar QToolButton::left-arrow { image: url("$icons/chevron-left.svg"); width: 14px;
    height: 14px; }
QTabBar QToolButton::right-arrow { image: url("$icons/chevron-right.svg"); width: 14px;
    height: 14px; }
QFrame[role="workspaces"] { background: $surface; border-bottom: 1px solid $border; }
QFrame[role="follow"] { background: $surface; border-bottom: 1px solid $border; }
QTabBar[role="workspaces"]::tab { padding: 7px 14px; font-weight: 600; }

QAbstractItemView { border: none; background: $background; outline: none;
    alternate-background-color: $surface; gridline-color: $border; }
QListView::item, QTreeView::item { padding: 4px 8px; border: none; }
QTableView::item { padding: 4px 2px; border: none; }
QTableView::item:hover, QListView::item:hover, QTreeView::item:hover { background: $hover; }
QTableView::item:selected, QListView::item:selected, QTreeView::item:selected {
    background: $tint; color: $text; }
QTableView:focus, QListView:focus, QTreeView:focus { border: 1px solid $accent; }
QHeaderView { background: $surface; border: none; }
QAbstractScrollArea::corner { background: $background; border: none; }
QHeaderView::section { background: $surface; color: $muted; padding: 6px 8px; border: none;
    border-bottom: 1px solid $border; }
QHeaderView[role="close"]::section { padding: 6px 4px; }
QHeaderView::section:hover { color: $text; }
QTableCornerButton::section { background: $surface; border: none; }

QMenuBar { background: $surface; border-bottom: 1px solid $border; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $tint; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 8px; }

QStatusBar { background: $surface; border-top: 1px solid $border; color: $muted; }
QStatusBar::item { border: none; }
QProgressBar { border: none; border-radius: 3px; background: $border; max-height: 6px;
    min-height: 6px; text-align: center; color: transparent; }
QProgressBar::chunk { border-radius: 3px; background: $accent; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $thumb; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QGroupBox { border: 1px solid $border; border-radius: 8px; margin-top: 16px; padding: 12px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; padding: 0 4px; color: $muted; }
QScrollArea { border: none; }
"""
_POINTS = re.compile(r"\b(\d+)pt\b")


def restyle(widget: QWidget) -> None:
    """Let the style sheet see that a property of the widget changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def stylesheet(theme: Theme, icons: str, text_scale: float) -> str:
    """The sheet in a theme's colours; `icons` is the folder of its two arrows."""
    names = {
        "background": theme.background,
        "surface": theme.surface,
        "raised": theme.raised,
        "border": theme.border,
        "text": theme.text,
        "muted": theme.muted,
        "faint": theme.faint,
        "warning": theme.warning,
        "on_accent": theme.on_accent,
        "accent": theme.accent,
        "tint": theme.tint,
        "bad": theme.bad,
        "hover": "#323a46" if theme.dark else "#e9ecf1",
        "thumb": "#434c5a" if theme.dark else "#c6ccd5",
        "icons": icons.replace("\\", "/"),
    }
    sheet = _POINTS.sub(lambda size: f"{text_scale * int(size[1]):g}pt", _SHEET)
    for name in sorted(names, key=len, reverse=True):
        sheet = sheet.replace(f"${name}", names[name])
    return sheet
